import { prng } from '../../sim/prng.js'
import { Violation } from '../checks/violation.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import type { Listener } from '../network/listener.js'
import { ApiDestination } from '../servers/api-destination.js'
import type { SimulatedSqs } from '../servers/sqs.js'
import type { Happening } from './ecs-world.js'
import { EventPath } from './event-path.js'
import type { Scenario } from './scenario.js'

export interface EventTargetsOptions {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly faults: Faults
  readonly sqs: SimulatedSqs<Happening>
  /** The worker with a webhook, while it runs. */
  readonly listening: () => Listener | undefined
  readonly isCut: (process: SimulatedProcess) => boolean
  /** A webhook was given an event. */
  readonly given: (what: Happening, to: SimulatedProcess) => void
  /** A webhook has answered that it has an event. */
  readonly accepted: (what: Happening, by: SimulatedProcess) => void
  readonly defect: (violation: Violation) => void
}

/** Where EventBridge brings the events: to one queue, to a queue of each worker, or to a webhook. */
export class EventTargets {
  readonly #queues: readonly string[]
  readonly #urls: readonly string[]
  readonly #webhook: ApiDestination<Happening> | undefined
  readonly #path: EventPath

  constructor(private readonly options: EventTargetsOptions) {
    const { scenario, timeline, faults, sqs, listening, isCut, given, accepted, defect } = options
    const { seed, source, workers } = scenario
    const count = source === 'webhook' ? 0 : source === 'queue-each' ? workers : 1
    this.#queues = Array.from({ length: count }, (_, i) => `queue-${i + 1}`)
    this.#urls = this.#queues.map((queue) => sqs.createQueue(queue))
    const webhook =
      source === 'webhook'
        ? new ApiDestination<Happening>({
            timeline,
            faults,
            random: prng(seed ^ 0xa91),
            listening,
            isCut,
            received: given,
            accepted,
            refused: ({ body }, by, status) =>
              defect(
                new Violation(
                  'nothing acknowledged can be lost',
                  `${by.name} refused ${body} with ${status}`,
                ),
              ),
          })
        : undefined
    this.#webhook = webhook
    this.#path = new EventPath({
      timeline,
      faults,
      mayLose: scenario.hasSnapshots,
      targets: [
        ...this.#queues.map((name) => ({
          name,
          take: (what: Happening) => sqs.send(name, what, what.body),
        })),
        ...(webhook === undefined
          ? []
          : [{ name: 'webhook', take: (what: Happening) => webhook.send(what, what.body) }]),
      ],
    })
  }

  /** The queue of the n-th worker, if it has one. */
  queueUrl(worker: number): string | undefined {
    return this.#urls[worker % this.#urls.length]
  }

  send(what: Happening): void {
    this.#path.send(what)
  }

  /** Fails if something was not taken. */
  checkEmpty(): void {
    const { sqs } = this.options
    const left = [
      ...this.#queues.map((queue) => ({ name: queue, depth: sqs.depth(queue) })),
      { name: 'EventBridge', depth: this.#webhook?.depth ?? 0 },
    ].find(({ depth }) => depth > 0)
    if (left !== undefined)
      throw new Violation('calm makes exact', `${left.name} still has ${left.depth} messages`)
  }
}
