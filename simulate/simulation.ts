import type { Millis } from '../src/core/clock.js'
import { prng, type Random } from '../sim/prng.js'
import { AcknowledgementCheck } from './checks/acknowledgement-check.js'
import { Bounds } from './checks/bounds.js'
import { Knowledge } from './checks/knowledge.js'
import { Presence } from './checks/presence.js'
import { addressesOf, backendOf, TargetCheck, writeMs } from './checks/target-check.js'
import { Truth } from './checks/truth.js'
import { Violation } from './checks/violation.js'
import { type FaultOptions, Faults } from './engine/faults.js'
import type { SimulatedProcess, WrongClock } from './engine/simulated-process.js'
import type { Timeline } from './engine/timeline.js'
import { Trace } from './engine/trace.js'
import { runningIn } from './checks/running-in.js'
import { Wire, type WireAnswer, type WireRequest } from './network/wire.js'
import { SimulatedAwsApi } from './servers/aws-api.js'
import { SimulatedDynamoDb, type TableWrite } from './servers/dynamodb.js'
import { SimulatedSqs } from './servers/sqs.js'
import { Table } from './servers/table.js'
import { EcsWorld, type Happening } from './world/ecs-world.js'
import { EventPath } from './world/event-path.js'
import { reportText } from './world/report-text.js'
import type { Scenario } from './world/scenario.js'
import { Stranger } from './world/stranger.js'
import { Trouble } from './world/trouble.js'
import { journalTableName, owner, tableName, WorkerHost } from './world/worker-host.js'

export const start: Millis = Date.UTC(2026, 0, 1)
export const day: Millis = 86_400_000

/** One run of a scenario. */
export class Simulation {
  readonly trace: Trace
  readonly faults: Faults
  readonly ecs: EcsWorld
  readonly #truth: Truth
  readonly #knowledge: Knowledge
  readonly #presence: Presence
  readonly #targetCheck: TargetCheck
  readonly #ackCheck: AcknowledgementCheck
  readonly #bounds: Bounds
  readonly #traefik = new Table(tableName, { hash: 'id' })
  readonly #journal = new Table(journalTableName, { hash: 'journal', range: 'number' })
  readonly #sqs: SimulatedSqs<Happening>
  readonly #stranger: Stranger
  readonly #trouble: Trouble
  readonly #hosts: readonly WorkerHost[]
  readonly #queues: readonly string[]
  readonly #random: Random
  #failure: Violation | undefined

  constructor(
    readonly scenario: Scenario,
    readonly timeline: Timeline,
    { without, most }: Pick<FaultOptions, 'without' | 'most'>,
    print?: (line: string) => void,
  ) {
    const now = (): Millis => timeline.now
    const { seed, arrangement, workers, maxReceives } = scenario
    this.#random = prng(seed ^ 0x0d1ce)
    this.trace = new Trace(() => timeline.now - start, 60, print)
    this.faults = new Faults({ seed, without, most }, (kind, where) =>
      this.trace.add(`fault: ${kind}, ${where}`),
    )
    this.ecs = new EcsWorld({ timeline, scenario, happened: (what) => this.#happened(what) })
    const clusters = this.ecs.clusters.map(({ arn }) => arn)
    const services = this.ecs.clusters.flatMap((cluster) => cluster.services().map(({ name }) => name))
    this.#truth = new Truth(now)
    this.#knowledge = new Knowledge(now)
    this.#presence = new Presence(now)
    const shared = { truth: this.#truth, knowledge: this.#knowledge, presence: this.#presence, now }
    this.#targetCheck = new TargetCheck({
      ...shared,
      startOf: ({ startedAt }) => (arrangement === 'journal' ? undefined : startedAt),
      owner,
      services: new Set(services),
    })
    this.#ackCheck = new AcknowledgementCheck({
      ...shared,
      viewMs: 1.1 * scenario.resyncMs + writeMs,
      isOccupied: (service) => this.#stranger.occupies(service),
      promise: arrangement === 'journal' ? 'journal' : scenario.ack === 'applied' ? 'target' : 'covered',
    })
    this.#sqs = new SimulatedSqs(
      { timeline, faults: this.faults, random: prng(seed ^ 0x595), maxReceives },
      { deleted: (_, what, by) => this.#check(() => this.#ackCheck.deleted(what, by)) },
    )
    const api = new SimulatedAwsApi(this.ecs.clusters)
    const dynamodb = new SimulatedDynamoDb(
      new Map([this.#traefik, this.#journal].map((table) => [table.name, table])),
      (write) => this.#check(() => this.#wrote(write)),
    )
    const wire = new Wire({
      timeline,
      faults: this.faults,
      random: prng(seed ^ 0x31e),
      services: { sqs: this.#sqs, dynamodb, ecs: api, ec2: api, ssm: api },
      observer: {
        sent: (process, request) => this.#sent(process, request),
        answered: (process, request, answer) => this.#answered(process, request, answer),
        isCut: (process, service) => this.#trouble.isCut(process, service),
      },
    })
    const queueCount = arrangement === 'queue-each' ? workers : 1
    this.#queues = Array.from({ length: queueCount }, (_, i) => `queue-${i + 1}`)
    const urls = this.#queues.map((queue) => this.#sqs.createQueue(queue))
    this.#stranger = new Stranger({
      table: this.#traefik,
      faults: this.faults,
      services,
      wrote: (write) => {
        this.trace.add(`somebody else writes ${backendOf(write.after ?? write.before)}`)
        this.#targetCheck.note(write)
      },
    })
    this.#hosts = Array.from({ length: workers }, (_, i): WorkerHost => {
      const host: WorkerHost = new WorkerHost({
        name: `w${i + 1}`,
        timeline,
        wire,
        scenario,
        clusters,
        queueUrl: urls[i % urls.length] ?? '',
        wrong: () => this.#wrongClock(),
        reported: (process, report) => {
          if (report._tag === 'Planned' && report.plan.changes.length > 0) process.plannedAt = timeline.now
          const text = reportText(report)
          if (text !== undefined) this.trace.add(`${process.name} ${text}`)
        },
        started: (process) => this.trace.add(`${process.name} starts`),
        ended: (process, how) => {
          this.trace.add(`${process.name} was ${how}`)
          this.#knowledge.forget(process.name)
          timeline.after(1_000 + 120_000 * this.#random.next() ** 2, () => host.start())
        },
      })
      return host
    })
    this.#bounds = new Bounds({ now, hosts: this.#hosts })
    this.#trouble = new Trouble({
      timeline,
      faults: this.faults,
      hosts: this.#hosts,
      stranger: this.#stranger,
    })
    const path = new EventPath({ timeline, faults: this.faults, sqs: this.#sqs, queues: this.#queues })
    this.#publish = (what) => path.send(what)
  }

  readonly #publish: (what: Happening) => void

  get calls(): ReadonlyMap<string, number> {
    return this.#bounds.byOperation
  }

  get failure(): Violation | undefined {
    return this.#failure
  }

  /** A defect that nobody caught. */
  defect(thrown: unknown): void {
    this.#fail(
      thrown instanceof Violation
        ? thrown
        : new Violation(
            'no defect',
            thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
          ),
    )
  }

  /** Lets days pass, the last hours of each without faults. Ends at the first violation. */
  async run(days: number): Promise<void> {
    this.ecs.start()
    for (const host of this.#hosts) host.start()
    this.#trouble.start()
    for (let n = 0; n < days && this.#failure === undefined; n++) await this.#passDay(start + n * day)
  }

  async #passDay(begin: Millis): Promise<void> {
    const { usualRoughness } = this.scenario
    this.ecs.resume()
    this.#roughen(usualRoughness)
    const storms = 2 + this.#random.int(3)
    for (let i = 0; i < storms; i++) {
      const roughness = 1 + 4 * this.#random.next() ** 2
      const from = begin + this.#random.next() * 16 * 3_600_000
      const length = (10 + 80 * this.#random.next()) * 60_000
      this.timeline.after(from - this.timeline.now, () => this.#roughen(roughness))
      this.timeline.after(from + length - this.timeline.now, () => this.#roughen(usualRoughness))
    }
    await this.#pass(begin + 20 * 3_600_000)
    await this.#calm(begin + day)
    this.#journal.expire(this.timeline.now)
  }

  /** Nothing goes wrong for a while, and the clusters come to rest: then everything must be exact. */
  async #calm(end: Millis): Promise<void> {
    this.#roughen(0)
    this.ecs.quiet()
    this.#trouble.heal()
    this.#stranger.leave()
    while (!this.ecs.isStill && this.#failure === undefined) await this.#pass(this.timeline.now + 60_000)
    const promised = 1.1 * this.scenario.longestSnapshotMs + 20 * 60_000
    await this.#pass(this.timeline.now + promised)
    if (this.#failure === undefined) this.#check(() => this.#checkExact())
    await this.#pass(Math.max(end, this.timeline.now))
  }

  #pass(until: Millis): Promise<void> {
    return this.timeline.runUntil(until, () => this.#failure !== undefined)
  }

  #roughen(roughness: number): void {
    this.faults.roughness = roughness
    this.trace.add(`roughness ${roughness.toFixed(2)}`)
  }

  #checkExact(): void {
    const items = new Map(
      [...this.#traefik.all()].map((item) => [backendOf(item) + (item['frontend'] ? ' frontend' : ''), item]),
    )
    for (const cluster of this.ecs.clusters)
      for (const { name } of cluster.services()) {
        const held = [...addressesOf(items.get(name))].sort().join()
        const live = this.#truth.addresses(name).join()
        if (held !== live)
          throw new Violation('calm makes exact', `${name} has [${held}], and its tasks are at [${live}]`)
      }
    for (const queue of this.#queues)
      if (this.#sqs.depth(queue) > 0)
        throw new Violation('calm makes exact', `${queue} still has ${this.#sqs.depth(queue)} messages`)
    const [damaged] = this.#stranger.damaged()
    if (damaged !== undefined)
      throw new Violation('nothing of others is touched', `${damaged} is not as its owner left it`)
    this.#bounds.checkCalm(this.ecs.clusters.reduce((sum, cluster) => sum + cluster.tasks().length, 0))
    this.trace.add(`exact: ${this.#truth.size} servers`)
  }

  #wrongClock(): WrongClock {
    const random = this.#random
    return random.chance(0.5)
      ? { aheadMs: 0, rate: 1 }
      : { aheadMs: (random.next() - 0.5) * 20_000, rate: 1 + (random.next() - 0.5) * 2e-4 }
  }

  #happened(what: Happening): void {
    this.#truth.happened(what)
    this.#ackCheck.happened(what)
    const { task } = what
    if (task !== undefined) {
      this.trace.add(
        `${task.service} ${task.arn.slice(-8)} v${task.version} ${task.lastStatus}/${task.desiredStatus} ${task.address ?? ''}`,
      )
    }
    this.#publish(what)
  }

  #wrote(write: TableWrite): void {
    if (write.table === journalTableName) {
      if (write.after !== undefined) this.#ackCheck.journalled(write.after)
      return
    }
    this.trace.add(
      `${write.by.name} writes ${backendOf(write.after ?? write.before)} [${addressesOf(write.after).join()}]`,
    )
    this.#targetCheck.wrote(write)
  }

  #sent(process: SimulatedProcess, { operation }: WireRequest): void {
    this.trace.add(`${process.name} ${operation}`)
    this.#check(() => this.#bounds.sent(process, operation))
  }

  /** Notes what an answer tells about tasks that run. */
  #answered(process: SimulatedProcess, { operation }: WireRequest, { status, body }: WireAnswer): void {
    if (status !== 200) return
    if (operation === 'ReceiveMessage')
      for (const what of this.#sqs.contents(body)) {
        this.#ackCheck.given(what, process)
        const { task } = what
        if (task?.address !== undefined) this.#told(process, task.arn)
      }
    else if (operation === 'DescribeTasks') for (const arn of runningIn(body)) this.#told(process, arn)
  }

  /** With a journal, a worker knows only what the journal holds. */
  #told(process: SimulatedProcess, task: string): void {
    if (this.scenario.arrangement !== 'journal' && this.#truth.task(task) !== undefined)
      this.#knowledge.told(process.name, task)
  }

  #check(check: () => void): void {
    try {
      check()
    } catch (thrown) {
      this.defect(thrown)
    }
  }

  #fail(violation: Violation): void {
    if (this.#failure !== undefined) return
    this.#failure = violation
    this.trace.add(`VIOLATION ${violation.message}`)
  }
}
