import { emptyState, reduce, projector, servicePorts } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { record } from './whole-path.js'
const { bodies, definitions, cluster } = record()
const N = bodies.length
const events = bodies.map((b) => { const d = decodeMessage(b); if (d._tag !== 'Event') throw 1; return d.event })
const seed = [{ _tag: 'TasksListed', cluster, at: 0, tasks: [] } as const, ...definitions.map((definition) => ({ _tag: 'DefinitionDescribed', definition }) as const)].reduce(reduce, emptyState)
for (let k=0;k<20;k++) { const p = projector({ expose: servicePorts(), covers: [cluster] }); let s = seed; p(s, 0); let d; for (let i=0;i<N;i+=10) { for (let j=i;j<Math.min(N,i+10);j++) s = reduce(s, events[j]!); d=p(s, i) } 
if(k==0) { console.log(d!.complete, d!.backends.size, d!.unresolved.size, [...d!.backends.values()].slice(0,3).map(b=>[b.name,b.endpoints.length,b.gone.length,b.complete])) } }
