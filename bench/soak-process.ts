/** A process with a worker that lives through many events of a fleet whose size stays the same, in simulated time. */
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { virtualClock } from '../test/support/virtual-clock.js'
import { Churn } from './churn.js'
import { eventsOf } from './events-of.js'
import { answerWith } from './peer.js'
import { simulated } from './simulated.js'
import type { Point } from './slope.js'
import { cpuMs } from './stopwatch.js'
import { taskBodies } from './task-bodies.js'

export interface SoakRequest {
  readonly tasks: number
  readonly events: number
  readonly perSecond: number
  /** A snapshot follows each of so many events. */
  readonly eventsASnapshot: number
}

export interface SoakAnswer {
  /** The heap after a collection, over the events: after each snapshot, and the sweep that follows it. */
  readonly heap: readonly Point[]
  /** Microseconds of processor time an event, of each tenth; with its snapshots. */
  readonly tenths: readonly number[]
  readonly snapshots: number
  readonly swept: number
  /** The tasks that the state holds in the end. */
  readonly held: number
}

const BATCH = 10
const SERVICES_OF = 50

const heap = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

answerWith(async ({ tasks, events, perSecond, eventsASnapshot }: SoakRequest): Promise<SoakAnswer> => {
  const bodies = taskBodies('fargate')
  const services = tasks / SERVICES_OF
  const churn = new Churn(bodies, tasks, services, 20, Date.UTC(2026, 0, 1))
  const clock = virtualClock(Date.UTC(2026, 0, 2))
  const source = memorySource({ covers: [bodies.cluster] })
  const sink = memorySink()
  const worker = run(
    { sources: [source], sinks: [sink], expose: servicePorts() },
    { clock, random: () => 0.5 },
  )
  let swept = 0
  let held = 0
  worker.reports$.subscribe((report) => {
    if (report._tag === 'Swept') swept += report.forgotten
  })
  worker.state$.subscribe((state) => (held = state.tasks.size))

  let cpu = 0
  /** What the worker does, without what makes its events. */
  const working = async (work: () => Promise<unknown>): Promise<void> => {
    const before = cpuMs()
    await work()
    cpu += cpuMs() - before
  }
  let snapshots = 0
  const snapshot = async (): Promise<void> => {
    snapshots++
    const at = clock.now()
    const listed = churn.running().map((told) => bodies.described(told, snapshots))
    await working(async () => {
      const taken = source.push({
        _tag: 'TasksListed',
        cluster: bodies.cluster,
        at,
        order: snapshots,
        tasks: listed,
      })
      if ((await simulated(clock, taken)) !== 'acked') throw new Error('a snapshot was not acknowledged')
      // The sweep follows.
      await clock.advance(1_000)
    })
  }

  await simulated(clock, source.push(...bodies.lookups(services, tasks)))
  await snapshot()
  await simulated(clock, worker.ready)
  const points: Point[] = []
  const tenths: number[] = []
  cpu = 0
  for (let told = 0; told < events;) {
    for (let i = 0; i < eventsASnapshot && told < events; i += BATCH, told += BATCH) {
      const batch = churn.next(BATCH, clock.now())
      await working(async () => {
        void source.push(...eventsOf(batch))
        await clock.advance((BATCH * 1_000) / perSecond)
      })
      if (told > 0 && told % (events / 10) === 0) {
        tenths.push((cpu * 10_000) / events)
        cpu = 0
      }
    }
    await snapshot()
    points.push({ x: told, y: heap() })
  }
  tenths.push((cpu * 10_000) / events)
  await simulated(clock, worker.stop())
  const servers = [...sink.target.rows.values()].reduce((sum, { value }) => sum + value.length, 0)
  if (Math.abs(servers - tasks) > 40) throw new Error(`${servers} servers, and not about ${tasks}`)
  return { heap: points, tenths, snapshots, swept, held }
})
