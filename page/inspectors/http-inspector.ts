import { BehaviorSubject, Observable } from 'rxjs'
import type { Millis } from '../../src/core/clock.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import type { Overview } from '../../src/inspector/overview.js'
import type { TableName } from '../../src/inspector/tables.js'
import { isExplanation, isOverview, isRowPage, messageIn } from './answers.js'
import { dataOfEvents } from './event-stream.js'

/** The worker wants a token, or refuses this one. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized'
}

export interface HttpInspectorOptions {
  /** Where the worker is, with a slash at the end. */
  readonly base: string
  readonly token: string | undefined
  /** Called when the worker wants another token. */
  readonly unauthorized: () => void
}

export interface HttpInspector extends Inspector {
  /** What is wrong with the connection; `undefined` while it works. */
  readonly trouble$: Observable<string | undefined>
}

/** From one attempt to connect to the next. */
const shortestMs: Millis = 1_000
const longestMs: Millis = 10_000

const queryOf = (values: Readonly<Record<string, string | number | undefined>>): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

const pause = (ms: Millis, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

/** Asks a worker over HTTP. */
export const httpInspector = ({ base, token, unauthorized }: HttpInspectorOptions): HttpInspector => {
  const trouble = new BehaviorSubject<string | undefined>(undefined)

  const answered = async (path: string, signal?: AbortSignal): Promise<Response> => {
    const response = await fetch(`${base}${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      cache: 'no-store',
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status === 401) {
      unauthorized()
      throw new Unauthorized('the worker wants a token')
    }
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => undefined)
      throw new Error(messageIn(body) ?? `the worker answered ${response.status}`)
    }
    return response
  }

  const json = async <A>(path: string, is: (u: unknown) => u is A, signal?: AbortSignal): Promise<A> => {
    const body: unknown = await (await answered(path, signal)).json()
    if (!is(body)) throw new Error('the answer of the worker is of another version: load this page again')
    return body
  }

  /** Follows one connection to its end. */
  const follow = async (emit: (overview: Overview) => void, signal: AbortSignal): Promise<void> => {
    const { body } = await answered('state/changes', signal)
    if (body === null) throw new Error('the worker sends no changes')
    trouble.next(undefined)
    for await (const data of dataOfEvents(body)) {
      const overview: unknown = JSON.parse(data)
      if (isOverview(overview)) emit(overview)
    }
  }

  const overview$ = new Observable<Overview>((subscriber) => {
    const abort = new AbortController()
    const { signal } = abort
    const emit = (overview: Overview): void => subscriber.next(overview)
    const keepFollowing = async (): Promise<void> => {
      const isOver = (): boolean => signal.aborted
      let wait = shortestMs
      while (!isOver()) {
        try {
          emit(await json('state', isOverview, signal))
          wait = shortestMs
          await follow(emit, signal)
        } catch (thrown) {
          if (thrown instanceof Unauthorized) return
          // The browser's own words for a failed connection say less.
          if (!isOver())
            trouble.next(
              thrown instanceof Error && !(thrown instanceof TypeError)
                ? thrown.message
                : 'the worker does not answer',
            )
        }
        await pause(wait, signal)
        wait = Math.min(longestMs, 2 * wait)
      }
    }
    void keepFollowing()
    return () => abort.abort()
  })

  return {
    overview$,
    trouble$: trouble.asObservable(),
    rows: <K extends TableName>(table: K, { filter, from, count, at }: Parameters<Inspector['rows']>[1]) =>
      json(`state/${table}${queryOf({ filter, from, count, at })}`, isRowPage<K>),
    explain: (question, at) =>
      json(`explain/${encodeURIComponent(question)}${queryOf({ at })}`, isExplanation),
  }
}
