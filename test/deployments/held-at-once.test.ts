/**
 * A source holds new tasks back when a state shows them, before it has asked ECS. Nothing else may see that state without
 * it, with a journal as well, which takes its time to store what the source says.
 */
import { deployments, run, servicePorts, type ClusterEvent, type Source, type Task } from 'ecs-task-stream'
import { memoryJournal } from 'ecs-task-stream/journals/memory'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { filter, Observable, Subject, takeUntil } from 'rxjs'
import { expect, it } from 'vitest'
import { faultyJournal } from '../support/faulty-journal.js'
import { observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const started = (startedBy: string, host: string): Task => ({
  ...observed({ id: startedBy.slice(-1), host }),
  group: 'service:web',
  startedBy,
})
const old = started('ecs-svc/1', '10.0.0.1')
const fresh = started('ecs-svc/2', '10.0.0.2')
const service = old.cluster.replace(':cluster/', ':service/').concat('/web')

/** As `serviceDeployments`, which never gets an answer. */
const holding: Source = {
  name: 'holding',
  covers: [],
  provides: ['deployments'],
  deliveries: ({ state$ }) =>
    new Observable((subscriber) =>
      state$
        .pipe(filter(({ tasks, deployments: known }) => tasks.has(fresh.arn) && !known.has(service)))
        .subscribe({
          next: () =>
            subscriber.next({
              _tag: 'Delivery',
              events: [
                {
                  _tag: 'DeploymentDescribed',
                  service,
                  at: 1,
                  rollout: { _tag: 'Settled', startedBy: ['ecs-svc/1'] },
                },
              ],
              ack: () => undefined,
              nack: () => undefined,
            }),
          complete: () => subscriber.complete(),
        }),
    ),
}

it.each(['without a journal', 'with one'])(
  'a task that a source holds back never gets requests, %s',
  async (how) => {
    const clock = virtualClock(Date.UTC(2026, 0, 2))
    const { signal } = new AbortController()
    const stored: (readonly string[])[] = []
    const inner = memoryJournal({ now: () => clock.now() })
    const journal = faultyJournal(
      {
        ...inner,
        append: (entries, aborted) => {
          stored.push(entries.flatMap(({ events }) => events.map(({ _tag }) => _tag)))
          return inner.append(entries, aborted)
        },
      },
      async (effect) => {
        await clock.sleep(100, signal)
        return effect()
      },
    )
    const queue = memorySource({ covers: [] })
    const sink = memorySink()
    const offered = new Set<string>()
    const worker = run(
      {
        sources: [queue, holding],
        sinks: [sink],
        expose: deployments(servicePorts()),
        minWriteIntervalMs: 0,
        ...(how === 'with one' ? { journal } : {}),
      },
      { clock, random: () => 0.5 },
    )
    const ended = new Subject<void>()
    worker.reports$.pipe(takeUntil(ended)).subscribe(() => {
      for (const { value } of sink.target.rows.values()) for (const address of value) offered.add(address)
    })
    const push = (event: ClusterEvent): void => void queue.push(event)
    await clock.advance(1_000)
    push({ _tag: 'TaskChanged', task: old })
    await clock.advance(2_000)
    push({ _tag: 'TaskChanged', task: fresh })
    await clock.advance(2_000)
    ended.next()
    expect([...offered]).toEqual(['10.0.0.1:32768'])
    // Others hear of it.
    if (how === 'with one') expect(stored).toContainEqual(['DeploymentDescribed'])
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  },
)
