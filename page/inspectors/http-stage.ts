import { Observable } from 'rxjs'
import type { Millis } from '../../src/core/clock.js'
import { isStageState, type StageAction, type StageState } from '../simulation/stage-state.js'
import { dataOfEvents } from './event-stream.js'

/** From one attempt to connect to the next. */
const againMs: Millis = 2_000

export interface HttpStage {
  /** Never ends: while the demo does not answer, it asks again and again. */
  readonly state$: Observable<StageState>
  readonly act: (action: StageAction) => void
}

/** The stage of the demo, over HTTP. `base`: where the demo is, with a slash at the end. */
export const httpStage = (base: string): HttpStage => ({
  state$: new Observable((subscriber) => {
    const end = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const follow = async (): Promise<void> => {
      const { body } = await fetch(`${base}stage/changes`, { cache: 'no-store', signal: end.signal })
      if (body === null) return
      for await (const data of dataOfEvents(body)) {
        const state: unknown = JSON.parse(data)
        if (isStageState(state)) subscriber.next(state)
      }
    }
    const keepFollowing = (): void => {
      follow()
        // The inspector says that nobody answers.
        .catch(() => undefined)
        .finally(() => {
          if (!end.signal.aborted) timer = setTimeout(keepFollowing, againMs)
        })
    }
    keepFollowing()
    return () => {
      end.abort()
      clearTimeout(timer)
    }
  }),
  act: (action) => {
    fetch(`${base}stage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action),
    }).catch(() => undefined)
  },
})
