import { emptyState, reduce, projector, servicePorts, plan, run } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { record } from './whole-path.js'
const { bodies, definitions, cluster } = record()
const N = bodies.length
const t = (name: string, f: () => void) => { f(); f(); let best = 1e9; for (let i=0;i<8;i++){ globalThis.gc?.(); const a=performance.now(); f(); best=Math.min(best, performance.now()-a)} console.log(name.padEnd(40), (best*1000/N).toFixed(2)) }
t('parse', () => { for (const b of bodies) JSON.parse(b) })
t('parse+decode', () => { for (const b of bodies) decodeMessage(b) })
const events = bodies.map((b) => { const d = decodeMessage(b); if (d._tag !== 'Event') throw 1; return d.event })
const seed = [{ _tag: 'TasksListed', cluster, at: 0, tasks: [] } as const, ...definitions.map((definition) => ({ _tag: 'DefinitionDescribed', definition }) as const)].reduce(reduce, emptyState)
t('reduce', () => { let s = seed; for (const e of events) s = reduce(s, e) })
for (const B of [10, 100]) {
t('reduce+project/'+B, () => { const p = projector({ expose: servicePorts(), covers: [cluster] }); let s = seed; p(s, 0); for (let i=0;i<N;i+=B) { for (let j=i;j<Math.min(N,i+B);j++) s = reduce(s, events[j]!); p(s, i) } })
t('reduce+project+render/'+B, () => { const sink = memorySink(); const p = projector({ expose: servicePorts(), covers: [cluster] }); let s = seed; p(s, 0); let rows = new Map(); for (let i=0;i<N;i+=B) { for (let j=i;j<Math.min(N,i+B);j++) s = reduce(s, events[j]!); rows = new Map(sink.render(p(s, i).backends, rows)) } })
}
