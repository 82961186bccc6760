import type { Millis } from '../src/core/clock.js'
import { prng, type Random } from '../sim/prng.js'
import { Conduct } from './checks/conduct.js'
import { Oracle } from './checks/oracle.js'
import { Findings } from './checks/findings.js'
import type { Violation } from './checks/violation.js'
import { Machine } from './disk/machine.js'
import { type FaultOptions, Faults } from './engine/faults.js'
import { type SimulatedProcess, wrongClock } from './engine/simulated-process.js'
import type { Timeline } from './engine/timeline.js'
import { Trace } from './engine/trace.js'
import type { WireRequest } from './network/wire.js'
import type { TableWrite } from './servers/dynamodb.js'
import { Targets } from './targets/targets.js'
import { type WorkerWrite, writeText } from './targets/target-record.js'
import { Account } from './world/account.js'
import { Days, start } from './world/days.js'
import { EcsWorld, type Happening } from './world/ecs-world.js'
import { EventTargets } from './world/event-targets.js'
import { reportText } from './world/report-text.js'
import type { Scenario } from './world/scenario.js'
import { Trouble } from './world/trouble.js'
import { journalName } from './world/simulated-journal.js'
import { owner, WorkerHost } from './world/worker-host.js'

/** One run of a scenario. */
export class Simulation {
  readonly trace: Trace
  readonly faults: Faults
  readonly ecs: EcsWorld
  readonly #oracle: Oracle
  readonly #conduct: Conduct
  readonly #account: Account
  readonly #targets: Targets
  readonly #findings: Findings
  readonly #trouble: Trouble
  readonly #hosts: readonly WorkerHost[]
  readonly #events: EventTargets
  readonly #random: Random

  constructor(
    readonly scenario: Scenario,
    readonly timeline: Timeline,
    { without, most }: Pick<FaultOptions, 'without' | 'most'>,
    print?: (line: string) => void,
  ) {
    const now = (): Millis => timeline.now
    const { seed, workers } = scenario
    this.#random = prng(seed ^ 0x0d1ce)
    this.trace = new Trace(() => timeline.now - start, 60, print)
    this.faults = new Faults({ seed, without, most }, (kind, where) =>
      this.trace.add(`fault: ${kind}, ${where}`),
    )
    this.#findings = new Findings((text) => this.trace.add(text))
    this.#conduct = new Conduct({ journal: journalName, hasJournal: scenario.hasJournal })
    this.ecs = new EcsWorld({
      timeline,
      scenario,
      happened: (what) => this.#happened(what),
      moved: (cluster) => this.#oracle.moved(cluster),
    })
    const clusters = this.ecs.clusters.map(({ arn }) => arn)
    const services = this.ecs.clusters.flatMap((cluster) => cluster.services().map(({ name }) => name))
    const { faults } = this
    const addressesOf = (service: string): readonly string[] => this.#oracle.addresses(service)
    const machine = new Machine(timeline, faults)
    const machines = [machine, ...Array.from({ length: workers - 1 }, () => new Machine(timeline, faults))]
    this.#targets = new Targets(
      scenario.target,
      {
        timeline,
        faults,
        random: prng(seed ^ 0x7ea),
        services,
        addressesOf,
        machine,
        workers,
        listening: (worker) => this.#hosts[worker]?.serving,
      },
      {
        wrote: (write) => this.#check(() => this.#wrote(write)),
        noted: (write) => {
          this.trace.add(`somebody else ${writeText(write)}`)
          this.#oracle.noted(write)
        },
        shown: (by, answeredAt) => this.#check(() => this.#oracle.shown(by, answeredAt)),
        defect: (thrown) => this.defect(thrown),
      },
    )
    const { current: target, stranger } = this.#targets
    this.#account = new Account({
      timeline,
      faults,
      scenario,
      clusters: this.ecs.clusters,
      targets: this.#targets,
      deleted: (what, by) => this.#check(() => this.#oracle.deleted(what, by)),
      journalled: (write) => this.#check(() => this.#journalled(write)),
      observer: {
        sent: (process, request) => this.#sent(process, request),
        answered: (process, request, answer) => {
          this.#oracle.answered(process, request, answer)
          this.#check(() => this.#conduct.answered(process, request, answer))
        },
        cut: (process, service) => this.#trouble.cut(process, service),
      },
    })
    const { sqs, wire } = this.#account
    this.#events = new EventTargets({
      scenario,
      timeline,
      faults,
      sqs,
      listening: () => this.#hosts[0]?.listening,
      isCut: (process) => this.#trouble.cut(process, 'sqs') !== undefined,
      given: (what, to) => this.#oracle.given(what, to),
      accepted: (what, by) => this.#check(() => this.#oracle.accepted(what, by)),
      defect: (violation) => this.defect(violation),
    })
    this.#hosts = Array.from({ length: workers }, (_, i): WorkerHost => {
      const host: WorkerHost = new WorkerHost({
        name: `w${i + 1}`,
        timeline,
        machine: machines[i] ?? machine,
        wire,
        scenario,
        clusters,
        queueUrl: this.#events.queueUrl(i),
        wrong: () => wrongClock(this.#random),
        watch: {
          knowledge: this.#conduct.knowledge,
          leases: this.#conduct.leases,
          stored: (entries) => this.#oracle.stored(entries),
          check: (check) => this.#check(check),
        },
        reported: (process, report) => {
          this.#oracle.reported(process, report)
          this.#check(() => this.#conduct.reported(process, report))
          const text = reportText(report)
          if (text !== undefined) this.trace.add(`${process.name} ${text}`)
        },
        hasRead: (process) => this.#conduct.read(process),
        started: (process) => this.trace.add(`${process.name} starts`),
        ended: (process, how) => {
          this.trace.add(`${process.name} was ${how}`)
          this.#oracle.ended(process)
          this.#conduct.ended(process)
          timeline.after(1_000 + 120_000 * this.#random.next() ** 2, () => host.start())
        },
      })
      return host
    })
    this.#oracle = new Oracle({
      scenario,
      now,
      owner,
      services,
      hosts: this.#hosts,
      target,
      contents: (answer) => sqs.contents(answer),
    })
    this.#trouble = new Trouble({
      timeline,
      faults: this.faults,
      hosts: this.#hosts,
      stranger,
    })
  }

  get calls(): ReadonlyMap<string, number> {
    return this.#oracle.bounds.byOperation
  }

  get failure(): Violation | undefined {
    return this.#findings.failure
  }

  /** A defect that nobody caught. */
  defect(thrown: unknown): void {
    this.#findings.defect(thrown)
  }

  /** Lets days pass. Ends at the first violation. */
  async run(days: number): Promise<void> {
    const { timeline, scenario, faults, ecs } = this
    ecs.start()
    for (const host of this.#hosts) host.start()
    this.#trouble.start()
    this.#targets.start()
    await new Days({
      timeline,
      scenario,
      faults,
      ecs,
      random: this.#random,
      note: (text) => this.trace.add(text),
      isOver: () => this.failure !== undefined,
      calmed: () => {
        this.#trouble.heal()
        this.#targets.stranger?.leave()
      },
      checkExact: () => this.#check(() => this.#checkExact()),
      ended: () => {
        this.#check(() => this.#conduct.journal.expires(this.#account.journal, timeline.now))
        this.#account.journal.expire(timeline.now)
      },
    }).pass(days)
  }

  #checkExact(): void {
    this.#oracle.checkExact()
    this.#events.checkEmpty()
    this.#oracle.bounds.checkCalm(this.ecs.clusters.reduce((sum, cluster) => sum + cluster.tasks().length, 0))
    this.trace.add(`exact: ${this.#oracle.size} servers`)
  }

  #happened(what: Happening): void {
    this.#oracle.happened(what)
    this.#account.happened(what.cluster)
    const { task } = what
    if (task !== undefined) {
      this.trace.add(
        `${task.service} ${task.arn.slice(-8)} v${task.version} ${task.lastStatus}/${task.desiredStatus} ${task.address ?? ''}`,
      )
    }
    this.#events.send(what)
  }

  #journalled(write: TableWrite): void {
    this.#conduct.journal.wrote(write)
    this.#oracle.journalled(write)
  }

  #wrote(write: WorkerWrite): void {
    this.trace.add(`${write.by.name} ${writeText(write)}`)
    this.#oracle.wrote(write)
  }

  #sent(process: SimulatedProcess, request: WireRequest): void {
    const { operation } = request
    this.trace.add(`${process.name} ${operation}`)
    this.#check(() => this.#oracle.bounds.sent(process, operation))
    this.#check(() => this.#conduct.sent(process, request))
  }

  #check(check: () => void): void {
    this.#findings.check(check)
  }
}
