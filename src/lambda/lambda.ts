import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { defaultOwner, type Environment } from '../core/run-setup.js'
import type { Notice } from '../core/source.js'
import { latestTime } from '../shared/aws/aws-time.js'
import { decodeMessage } from '../sources/ecs-events/ecs-event.js'
import { systemClock } from '../shared/async/system-clock.js'
import { invocationOf } from './invocation.js'
import { checkLambdaSetup, type LambdaSetup } from './lambda-setup.js'
import { readRecords } from './read-records.js'
import { Session } from './session.js'

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  /** Milliseconds until the function times out. */
  getRemainingTimeInMillis(): number
}

/** The response for a batch; requires `ReportBatchItemFailures` in the event source mapping. */
export interface LambdaResult {
  /** The records to redeliver. */
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<LambdaResult>

/**
 * A Lambda handler for batches from an SQS queue and for schedules, built from the same parts as `run`. It reports to
 * Lambda which records were applied, so the event source mapping must have `ReportBatchItemFailures`; see
 * docs/lambda.md for other requirements. Throws when the setup contradicts itself.
 *
 * - A record succeeds when every required sink holds its effect and a complete snapshot of every covered cluster. All
 *   other records are redelivered. A record that is not an event fails each time, until the queue's redrive policy moves it;
 *   an event of an unsupported kind succeeds.
 * - A schedule takes a new snapshot, and fails if it cannot be applied.
 * - State from earlier invocations is used until `maxAgeMs` after its snapshots arrived. With a `journal`, it is used
 *   for as long as the container lives, any number of containers may run at once, and clusters need no snapshots. Between invocations, no target
 *   is called and no plan is made.
 */
export const lambda = (setup: LambdaSetup, environment: Partial<Environment> = {}): LambdaHandler => {
  checkLambdaSetup(setup)
  const { lookups, maxAgeMs = 60_000, marginMs = 2_000, lookupMs = 10_000, ...rest } = setup
  const { decode: decoder, observe = () => undefined, ...parts } = rest
  const covers = lookups.flatMap((source) => source.covers)
  const clusters = setup.clusters ?? covers
  const complete: Environment = { clock: systemClock, random: Math.random, ...environment }
  const { clock } = complete
  const { journal } = setup
  const decode = decoder ?? ((body: string) => decodeMessage(body, { latest: latestTime(clock) }))
  let session: Session | undefined
  let lasting: readonly ClusterEvent[] = []
  let turn: Promise<unknown> = Promise.resolve()

  const begin = (): Session =>
    new Session({
      setup: {
        // A batch is already one round, and waiting between writes would prolong the invocation.
        minWriteIntervalMs: 0,
        // A connection may have died while the function was frozen; this leaves time for a second attempt.
        timeoutMs: 10_000,
        owner: defaultOwner(clusters),
        ...parts,
        clusters,
        sources: lookups,
        ack: 'applied',
        drainMs: 0,
      },
      covers,
      lasting,
      lookupMs,
      environment: complete,
      observe,
    })

  const end = async (ended: Session): Promise<void> => {
    session = undefined
    const knowledge = await ended.end()
    if (journal === undefined) lasting = knowledge
  }

  const answer = async (event: unknown, deadline: Millis): Promise<LambdaResult> => {
    const invocation = invocationOf(event)
    const anew = invocation._tag === 'Scheduled'
    // With a journal, what a session knows is never old: it catches up before it plans.
    const isOld = journal === undefined && (anew || session?.isWholeSince(clock.now() - maxAgeMs) === false)
    if (session !== undefined && isOld) await end(session)
    const current = (session ??= begin())
    const { events, undecodable, notices } = readRecords(anew ? [] : invocation.records, decode)
    for (const notice of notices) current.notice(notice)

    const done = new AbortController()
    const late = new AbortController()
    void clock.sleep(deadline - clock.now(), done.signal).then(() => late.abort())
    const { unapplied, unsettled } = await current.settle(events, late.signal, anew && journal !== undefined)
    done.abort()
    if (unapplied.length > 0) current.notice(comeAgain(unapplied.length, events.length, unsettled))
    if (unsettled !== undefined) await end(current)
    if (anew && unsettled !== undefined)
      throw new Error(`the scheduled snapshot was not applied within the invocation: ${unsettled}`)
    return { batchItemFailures: [...undecodable, ...unapplied].map((itemIdentifier) => ({ itemIdentifier })) }
  }

  return (event, context) => {
    const deadline = clock.now() + context.getRemainingTimeInMillis() - marginMs
    // Lambda invokes one at a time; other callers are serialised, too.
    const next = turn.then(() => answer(event, deadline))
    turn = next.catch(() => undefined)
    return next
  }
}

const comeAgain = (left: number, of: number, unsettled: string | undefined): Notice => ({
  _tag: 'Warning',
  message:
    `${left} of ${of} records were not applied within the invocation, and will be redelivered: ` +
    (unsettled ?? 'lookups of their tasks have not answered'),
})
