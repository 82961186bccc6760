import { emptyState, reduce, projector, servicePorts } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { record } from './whole-path.js'
const { bodies, definitions, cluster } = record()
const N = bodies.length
const events = bodies.map((b) => { const d = decodeMessage(b); if (d._tag !== 'Event') throw 1; return d.event })
const seed = [{ _tag: 'TasksListed', cluster, at: 0, tasks: [] } as const, ...definitions.map((definition) => ({ _tag: 'DefinitionDescribed', definition }) as const)].reduce(reduce, emptyState)
let calls=0; const sp=servicePorts(); const ex=Object.assign((t:any,d:any)=>{calls++; return sp(t,d)},{})
for (let k=0;k<12;k++) { const p = projector({ expose: ex as any, covers: [cluster] }); let s = seed; p(s, 0); let tr=0,tp=0; calls=0; for (let i=0;i<N;i+=10) { const a=performance.now(); for (let j=i;j<Math.min(N,i+10);j++) s = reduce(s, events[j]!); const b=performance.now(); p(s, i); tp+=performance.now()-b; tr+=b-a } 
console.log('reduce',(tr*1000/N).toFixed(2),'project',(tp*1000/N).toFixed(2), 'expose calls/event', calls/N) }
