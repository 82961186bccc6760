import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { run } from '../../src/run.js'
import type { Report } from '../../src/core/report.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import type { Worker } from '../../src/core/worker.js'
import type { Source } from '../../src/core/source.js'
import { eventBridgeWebhook } from '../../src/sources/webhooks/event-bridge-webhook.js'
import { sqs } from '../../src/sources/sqs/sqs.js'
import { DiskCheck } from '../checks/disk-check.js'
import type { Machine } from '../disk/machine.js'
import { SimulatedProcess, type WrongClock } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import type { ServiceName, Wire } from '../network/wire.js'
import type { Scenario } from './scenario.js'
import type { Listener } from '../network/listener.js'
import { apiKey } from '../servers/api-destination.js'
import { askedSources } from './asked-sources.js'
import { type ClientSettings, simulatedClient, stripped } from './simulated-settings.js'
import { readerOf, simulatedJournal } from './simulated-journal.js'
import { type JournalWatch, watchedJournal } from './watched-journal.js'
import { exposed, workerSink } from './worker-sink.js'

export const owner = 'ecs-task-stream/simulated'

export interface WorkerHostOptions {
  readonly name: string
  readonly timeline: Timeline
  /** Stays when a process ends. */
  readonly machine: Machine
  readonly wire: Wire
  readonly scenario: Scenario
  readonly clusters: readonly string[]
  readonly queueUrl: string | undefined
  readonly wrong: () => WrongClock
  readonly watch: JournalWatch
  readonly reported: (process: SimulatedProcess, report: Report) => void
  /** It has read a target that is not behind the wire. */
  readonly hasRead: (process: SimulatedProcess) => void
  readonly started: (process: SimulatedProcess) => void
  readonly ended: (process: SimulatedProcess, how: 'killed' | 'stopped') => void
}

/** A place for a worker: the process that runs there now, if one does. */
export class WorkerHost {
  #process: SimulatedProcess | undefined
  #worker: Worker | undefined
  #webhook: Listener['listener'] | undefined
  #document: Listener['listener'] | undefined
  #starts = 0
  #isStopping = false

  readonly #machine: Machine
  readonly #disk: DiskCheck | undefined

  constructor(private readonly options: WorkerHostOptions) {
    const { timeline, scenario, machine } = options
    this.#machine = machine
    const clock = { now: () => timeline.now, sleep: () => Promise.resolve() }
    if (scenario.arrangement === 'directory') this.#disk = new DiskCheck(readerOf(this.#machine, clock))
  }

  get name(): string {
    return this.options.name
  }

  get process(): SimulatedProcess | undefined {
    return this.#process
  }

  get worker(): Worker | undefined {
    return this.#worker
  }

  /** Its webhook, while it runs. */
  get listening(): Listener | undefined {
    return this.#listening(this.#webhook)
  }

  /** Where it serves its document, while it runs. */
  get serving(): Listener | undefined {
    return this.#listening(this.#document)
  }

  #listening(listener: Listener['listener'] | undefined): Listener | undefined {
    const { process } = this
    return process === undefined || listener === undefined ? undefined : { process, listener }
  }

  /** Starts the shipped worker: what the examples compose. */
  start(): void {
    const { name, timeline, scenario, wrong, ended, started } = this.options
    const life = `${name}.${++this.#starts}`
    const process: SimulatedProcess = new SimulatedProcess(life, timeline, {
      seed: scenario.seed * 31 + this.#starts * 7_919 + name.length * 104_729 + Number(name.slice(1)),
      wrong: wrong(),
      died: () => {
        this.#forget()
        this.#machine.killed(process)
        ended(process, 'killed')
      },
    })
    this.#process = process
    this.#isStopping = false
    started(process)
    this.#worker = this.#run(process)
  }

  /** Asks it to stop. */
  stop(): void {
    const { ended } = this.options
    const [process, worker] = [this.#process, this.#worker]
    if (process === undefined || worker === undefined || this.#isStopping) return
    this.#isStopping = true
    process.isStopping = true
    void worker.stop().then(() => {
      if (!process.isAlive) return
      process.exit()
      this.#machine.ended(process)
      this.#forget()
      ended(process, 'stopped')
    })
  }

  #forget(): void {
    this.#process = undefined
    this.#worker = undefined
    this.#webhook = undefined
    this.#document = undefined
  }

  /** The source of events: a queue, or a webhook. */
  #events(client: (service: ServiceName) => ClientSettings): Source {
    const { scenario, queueUrl } = this.options
    if (queueUrl === undefined) {
      const webhook = eventBridgeWebhook({ secrets: [apiKey], answer: scenario.ack })
      this.#webhook = webhook.listener
      return webhook
    }
    return sqs({
      queueUrl,
      client: stripped(new SQSClient(client('sqs'))),
      polls: 1,
      visibilitySeconds: scenario.visibilitySeconds,
      maxInFlight: scenario.maxInFlight,
    })
  }

  #run(process: SimulatedProcess): Worker {
    const { wire, scenario, clusters, reported, watch, hasRead } = this.options
    let state: ClusterState | undefined
    const { clock, random } = process
    const client = (service: ServiceName) => simulatedClient(wire, process, service)
    const ecsClients = {
      ecs: stripped(new ECSClient(client('ecs'))),
      ec2: stripped(new EC2Client(client('ec2'))),
      ssm: stripped(new SSMClient(client('ssm'))),
    }
    const asked = askedSources(scenario, clusters, ecsClients)
    const events = this.#events(client)
    const dynamoDb = stripped(new DynamoDBClient({ ...client('dynamodb'), maxAttempts: 3 }))
    const journal = simulatedJournal({
      arrangement: scenario.arrangement,
      process,
      dynamoDb,
      machine: this.#machine,
    })
    const { sink, listener } = workerSink(scenario, process, {
      client,
      files: () => this.#machine.files(process),
      hasRead: () => hasRead(process),
    })
    this.#document = listener
    const worker = run(
      {
        clusters,
        owner,
        ack: scenario.ack,
        resyncMs: scenario.resyncMs,
        catchUpMs: scenario.catchUpMs,
        sources: [events, ...asked],
        sinks: [sink],
        expose: exposed(scenario),
        ...(journal && {
          journal: watchedJournal(journal, process, watch, { state: () => state, disk: this.#disk }),
        }),
      },
      { clock, random: () => random.next() },
    )
    worker.state$.subscribe((next) => (state = next))
    worker.reports$.subscribe((report) => reported(process, report))
    return worker
  }
}
