import * as t from 'io-ts'
import type { Millis } from '../../core/clock.js'
import type { Explanation } from '../../core/explain/explain.js'

const isAnswer = t.type({
  question: t.string,
  at: t.number,
  complete: t.boolean,
  subjects: t.array(
    t.type({ _tag: t.union([t.literal('Task'), t.literal('Backend'), t.literal('Record')]) }),
  ),
  more: t.number,
}).is

/** A worker of this version gives the rest, too. */
const isExplanation = (given: unknown): given is Explanation => isAnswer(given)

const errorIn = (given: unknown): string | undefined =>
  t.type({ error: t.string }).is(given) ? given.error : undefined

export interface AskWorkerOptions {
  /** Where the worker listens, such as `http://127.0.0.1:8080`. */
  readonly url: string
  readonly token: string | undefined
  readonly question: string
  /** Answers for that moment, which takes a worker with a journal. Default: now. */
  readonly at?: Millis | undefined
  readonly signal: AbortSignal
}

/** Asks a running worker. Rejects with what the worker refuses, or why it cannot be asked. */
export const askWorker = async ({
  url,
  token,
  question,
  at,
  signal,
}: AskWorkerOptions): Promise<Explanation> => {
  const then = at === undefined ? '' : `?at=${new Date(at).toISOString()}`
  const place = `${url.replace(/\/+$/, '')}/explain/${encodeURIComponent(question)}${then}`
  const answer = await fetch(place, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal,
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('application/json') === true
  const body: unknown = isJson ? JSON.parse(text) : undefined
  if (answer.status === 404)
    throw new Error(
      `${url} has no inspector: set INSPECTOR of the worker to on, or to token with INSPECTOR_TOKEN`,
    )
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${errorIn(body) ?? 'without a reason'}`)
  if (!isExplanation(body))
    throw new Error(`${url} answered something else than an explanation: is it a worker?`)
  return body
}
