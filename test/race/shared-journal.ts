/**
 * Several workers on one queue, one journal and one target, under fast-check's scheduler: every call and every answer
 * waits for its turn, calls fail, and workers are killed and replaced between any two turns.
 */
import {
  type ClusterEvent,
  emptyState,
  formatAddress,
  type Journal,
  run,
  servicePorts,
  type Sink,
  type Task,
  type Worker,
} from 'ecs-task-stream'
import { type MemoryLog, memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import { memory as memorySource, type MemorySource } from 'ecs-task-stream/sources/memory'
import {
  memory as memorySink,
  type Addresses,
  type MemoryTarget,
  memoryTarget,
} from 'ecs-task-stream/sinks/memory'
import fc from 'fast-check'
import { fold } from '../../src/core/fold.js'
import { stateEvents } from '../../src/core/state-events.js'
import { cluster, observed } from '../support/observed-task.js'
import { environment, held, type Life, play, scheduled } from './stage.js'

/** One task: when it starts, when it stops if it does, and where it runs. Addresses are never used again. */
interface TaskLife {
  readonly service: 'web' | 'api'
  /** Its host is known only from a lookup. */
  readonly onInstance: boolean
  /** Slots of time after its start; `undefined` if it is live in the end. */
  readonly stopsAfter: number | undefined
}

/** What the environment does, one step after the other. */
type Step =
  /** The queue hands a message to a worker. */
  | {
      readonly _tag: 'Deliver'
      readonly message: number
      readonly worker: number
      readonly forgetful: boolean
    }
  /** A worker has looked up a container instance. */
  | { readonly _tag: 'LookUp'; readonly worker: number }
  /** Workers have listed the tasks that ran at a time: two of them, if both believe that it is their turn. */
  | { readonly _tag: 'List'; readonly lists: readonly { readonly worker: number; readonly at: number }[] }
  | { readonly _tag: 'Turns'; readonly turns: number }
  /** Some worker stores a checkpoint. */
  | { readonly _tag: 'Checkpoint' }
  /** A worker is killed, and another starts in its place. */
  | { readonly _tag: 'Kill'; readonly worker: number }

export interface Story {
  readonly lives: readonly TaskLife[]
  readonly workers: number
  readonly steps: readonly Step[]
  /** The messages that never come. Only snapshots make up for them. */
  readonly lost: readonly number[]
  /** Whether a source promises snapshots. Without one, the journal is all there is. */
  readonly snapshots: boolean
  /** In percent: how many calls fail, before or after they had their effect. */
  readonly failing: number
  readonly dice: fc.Stream<number>
  readonly scheduler: fc.Scheduler
}

const slotMs = 10

export interface StoryOptions {
  /** Default: true. */
  readonly snapshots?: boolean
  /** How often a snapshot comes among other steps. Default: 2. */
  readonly listing?: number
  /** Default: true. */
  readonly kills?: boolean
  readonly workers?: { readonly min: number; readonly max: number }
}

export const stories = ({
  snapshots = true,
  listing = 2,
  kills = true,
  workers = { min: 2, max: 5 },
}: StoryOptions = {}): fc.Arbitrary<Story> => {
  const worker = fc.nat(workers.max - 1)
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        _tag: fc.constant('Deliver' as const),
        message: fc.nat(30),
        worker,
        // Of an acknowledged message, SQS may deliver another copy.
        forgetful: fc.boolean(),
      }),
    },
    { weight: 6, arbitrary: fc.record({ _tag: fc.constant('Turns' as const), turns: fc.nat(8) }) },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('LookUp' as const), worker }) },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('Checkpoint' as const) }) },
    ...(snapshots
      ? [
          {
            weight: listing,
            arbitrary: fc.record({
              _tag: fc.constant('List' as const),
              lists: fc.array(fc.record({ worker, at: fc.integer({ min: 1, max: 12 }) }), {
                minLength: 1,
                maxLength: 2,
              }),
            }),
          },
        ]
      : []),
    ...(kills ? [{ weight: 1, arbitrary: fc.record({ _tag: fc.constant('Kill' as const), worker }) }] : []),
  )
  return fc.record({
    lives: fc.array(
      fc.record({
        service: fc.constantFrom('web' as const, 'api' as const),
        onInstance: fc.boolean(),
        stopsAfter: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    workers: fc.integer(workers),
    steps: fc.array(step, { minLength: 1, maxLength: 40 }),
    lost: snapshots ? fc.array(fc.nat(17), { maxLength: 3 }) : fc.constant([]),
    snapshots: fc.constant(snapshots),
    failing: fc.constantFrom(0, 20, 50),
    dice: fc.infiniteStream(fc.nat(99)),
    scheduler: fc.scheduler(),
  })
}

const instance = `${cluster.replace(':cluster/', ':container-instance/')}/i`
const instanceHost = '10.0.0.9'

const portOf = (life: number): number => 32768 + life

const taskOf = (
  { service, onInstance }: TaskLife,
  i: number,
  phase: 'PENDING' | 'RUNNING' | 'STOPPED',
  at: number,
): Task => {
  const version = { PENDING: 2, RUNNING: 3, STOPPED: 4 }[phase]
  const desired = phase === 'STOPPED' ? 'STOPPED' : 'RUNNING'
  const task = observed({ id: `t${i}`, service, version, at, last: phase, desired, port: portOf(i) })
  return onInstance ? { ...task, instance, interface: undefined } : task
}

const startOf = (i: number): number => (i + 1) * slotMs

const stopOf = ({ stopsAfter }: TaskLife, i: number): number =>
  stopsAfter === undefined ? Infinity : startOf(i) + stopsAfter * slotMs + 5

const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })

const eventsOf = (life: TaskLife, i: number): readonly ClusterEvent[] => [
  changed(taskOf(life, i, 'PENDING', startOf(i))),
  changed(taskOf(life, i, 'RUNNING', startOf(i) + 1)),
  ...(life.stopsAfter === undefined ? [] : [changed(taskOf(life, i, 'STOPPED', stopOf(life, i)))]),
]

const listedAt = (lives: readonly TaskLife[], at: number): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at,
  tasks: lives.flatMap((life, i) =>
    startOf(i) + 1 < at && at < stopOf(life, i) ? [taskOf(life, i, 'RUNNING', startOf(i) + 1)] : [],
  ),
})

const addressOf = ({ onInstance }: TaskLife, i: number): string =>
  formatAddress({ host: onInstance ? instanceHost : '10.0.0.1', port: portOf(i) })

/** What is live in the end: by service, the addresses. */
export const liveIn = ({ lives }: Story): Readonly<Record<string, readonly string[]>> => {
  const live = lives.flatMap((life, i) =>
    life.stopsAfter === undefined ? [{ service: life.service, address: addressOf(life, i) }] : [],
  )
  const services = [...new Set(live.map(({ service }) => service))].sort()
  return Object.fromEntries(
    services.map((service) => [
      service,
      live
        .filter((one) => one.service === service)
        .map(({ address }) => address)
        .sort(),
    ]),
  )
}

class CallFailed extends Error {}

/**
 * The journal of one worker. Its calls arrive, fail and are answered when the scheduler says; never after its process
 * has died. Like a paginated query, a catch-up may have some of the entries that are stored while it runs.
 */
const scheduledJournal = (
  journal: Journal,
  log: MemoryLog,
  { scheduler, dice, failing }: Pick<Story, 'scheduler' | 'dice' | 'failing'>,
  life: Life,
): Journal => {
  const roll = (): number => (dice.next() as IteratorYieldResult<number>).value
  const turn = async (label: string): Promise<void> => {
    await scheduler.schedule(Promise.resolve(), label)
    if (!life.alive) await new Promise(() => undefined)
  }
  const call = async <A>(label: string, make: () => Promise<A>): Promise<A> => {
    await turn(label)
    if (roll() < failing / 2) throw new CallFailed(`${label} did not arrive`)
    const answer = await make()
    await turn(`${label} answered`)
    if (roll() < failing / 2) throw new CallFailed(`the answer to ${label} was lost`)
    return answer
  }
  return {
    append: (entries, signal) => call('append', () => journal.append(entries, signal)),
    amend: (entry, position, signal) => call('amend', () => journal.amend(entry, position, signal)),
    checkpoint: (events, position, signal) =>
      call('checkpoint', () => journal.checkpoint(events, position, signal)),
    lease: (work, ms, signal) => call('lease', () => journal.lease(work, ms, signal)),
    catchUp: (since, signal) =>
      call('catch up', async () => {
        const caughtUp = await journal.catchUp(since, signal)
        const seen = log.entries.length
        await turn('second page')
        const during = log.entries.slice(seen).filter(({ amends }) => !amends && roll() < 50)
        return { ...caughtUp, entries: [...caughtUp.entries, ...during.map(({ entry }) => entry)] }
      }),
  }
}

const storeCheckpoint = async (log: MemoryLog): Promise<void> => {
  const journal = memoryJournal({ log })
  const { signal } = new AbortController()
  const { entries, position } = await journal.catchUp(undefined, signal)
  const state = entries.flatMap(({ events }) => events).reduce(fold, emptyState)
  await journal.checkpoint(stateEvents(state), position, signal)
}

/** A wrong journal, made of a right one. */
export type Distortion = (journal: Journal, log: MemoryLog) => Journal

interface Message {
  readonly event: ClusterEvent
  state: 'waiting' | 'acked' | Life
}

interface Running {
  readonly worker: Worker
  readonly queue: MemorySource
  readonly ecs: MemorySource
  readonly life: Life
}

export interface Ending {
  readonly held: Readonly<Record<string, readonly string[]>>
  /** Servers that were live, and that a write took out of the target. */
  readonly removed: readonly string[]
  /** Messages that were never acknowledged. */
  readonly unacknowledged: number
  readonly errors: readonly string[]
}

/** The target, and which live servers were ever taken out of it. */
const watched = (target: MemoryTarget, live: ReadonlySet<string>) => {
  let before: readonly string[] = []
  const removed: string[] = []
  return {
    removed,
    look: (): void => {
      const now = Object.values(held(target)).flat()
      removed.push(...before.filter((address) => live.has(address) && !now.includes(address)))
      before = now
    },
  }
}

/** Lets a story happen, then lets the queue deliver everything that is left to workers that live. */
export const tell = async (story: Story, distort: Distortion = (journal) => journal): Promise<Ending> => {
  const { lives, scheduler } = story
  const target = memoryTarget()
  const log = memoryLog()
  const live = new Set(Object.values(liveIn(story)).flat())
  const watch = watched(target, live)
  const messages: Message[] = lives
    .flatMap(eventsOf)
    .filter((_, i) => !story.lost.includes(i))
    .map((event) => ({ event, state: 'waiting' }))
  const errors: string[] = []

  const launch = (): Running => {
    const life = { alive: true }
    const queue = memorySource({ name: 'queue' })
    const ecs = memorySource({ name: 'ecs', covers: story.snapshots ? [cluster] : [] })
    const sink: Sink<Addresses> = scheduled(memorySink({ target }), scheduler, life)
    const shared = memoryJournal({ log, now: () => 0 })
    const worker = run(
      {
        sources: [queue, ecs],
        sinks: [
          {
            ...sink,
            apply: async (changes, owner, signal) => {
              const outcomes = await sink.apply(changes, owner, signal)
              watch.look()
              return outcomes
            },
          } satisfies Sink<Addresses>,
        ],
        expose: servicePorts(),
        clusters: [cluster],
        journal: scheduledJournal(distort(shared, log), log, story, life),
        // Nothing but plans makes a worker read what others have stored.
        catchUpMs: 60_000,
        skewAllowanceMs: 0,
        pruneGuard: 'off',
        lookupWaitMs: 60_000,
      },
      environment(scheduler),
    )
    worker.reports$.subscribe((report) => {
      if (report._tag === 'JournalFailed' && !(report.error instanceof CallFailed))
        errors.push(String(report.error))
    })
    return { worker, queue, ecs, life }
  }

  const running = Array.from({ length: story.workers }, launch)
  const at = (i: number): Running => running[i % running.length]!
  const deliver = (message: Message, { queue, life }: Running): void => {
    if (message.state !== 'acked') message.state = life
    void queue.push(message.event).then((how) => {
      if (life.alive && (how === 'acked' || message.state === life))
        message.state = how === 'acked' ? 'acked' : 'waiting'
    })
  }
  const lookUp = ({ ecs }: Running): void =>
    void ecs.push({
      _tag: 'InstanceDescribed',
      instance,
      addresses: { ipv4: instanceHost, ipv6: undefined },
      at: 1,
    })

  for (const step of story.steps)
    switch (step._tag) {
      case 'Deliver': {
        const candidates = messages.filter(
          ({ state }) => state === 'waiting' || (step.forgetful && state === 'acked'),
        )
        if (candidates.length > 0) deliver(candidates[step.message % candidates.length]!, at(step.worker))
        break
      }
      case 'LookUp':
        lookUp(at(step.worker))
        break
      case 'List':
        for (const list of step.lists) void at(list.worker).ecs.push(listedAt(lives, list.at * slotMs + 3))
        break
      case 'Checkpoint':
        await storeCheckpoint(log)
        break
      case 'Turns':
        await play(scheduler, step.turns)
        break
      case 'Kill': {
        const i = step.worker % running.length
        const { life } = running[i]!
        life.alive = false
        for (const message of messages) if (message.state === life) message.state = 'waiting'
        running[i] = launch()
      }
    }

  const isOpen = (): boolean => messages.some(({ state }) => state !== 'acked')
  for (let round = 0, left = 1; round < 10 && left > 0; round++) {
    // One more round than it takes to acknowledge: a worker may write what was true when it read the journal, just
    // after another found that nothing was left to do. It notices as soon as it reads again.
    if (!isOpen()) left--
    for (const [i, message] of messages.entries()) if (message.state === 'waiting') deliver(message, at(i))
    if (story.snapshots) void at(0).ecs.push(listedAt(lives, 1000 + round))
    for (const one of running) {
      lookUp(one)
      void one.worker.reread()
    }
    await play(scheduler, 2_000)
  }
  return {
    held: held(target),
    removed: watch.removed,
    unacknowledged: messages.filter(({ state }) => state !== 'acked').length,
    errors,
  }
}
