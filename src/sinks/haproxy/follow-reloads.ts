import type { Clock, Millis } from '../../core/clock.js'
import type { Worker } from '../../core/worker.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { runtimeAddress } from './runtime-address.js'
import { runtimeApi } from './runtime-api.js'

export interface FollowReloadsOptions {
  /** As for `haproxyRuntime`. */
  readonly address: string
  /** How often to ask, 50 to 60,000 ms. Default: 500 ms. */
  readonly everyMs?: Millis
  readonly clock?: Clock
}

/** What differs from one process to the next. In a container, a new process may have the old one's number. */
const processIn = (info: string): string | undefined => {
  const pid = /^Pid: (\d+)$/m.exec(info)?.[1]
  return pid === undefined ? undefined : `${pid} ${/^Start_time_sec: (\d+)$/m.exec(info)?.[1] ?? ''}`
}

/**
 * Lets the worker read its targets again when HAProxy was reloaded or restarted, so that the servers that it lost are
 * back at once. Without this, they are back within the worker's `resyncMs`. Ends when the worker stops. While HAProxy
 * does not answer, nothing happens: the sink reports that.
 *
 * Throws an OptionError for an invalid option.
 */
export const followReloads = (
  worker: Pick<Worker, 'reread' | 'state$'>,
  { address, everyMs = 500, clock = systemClock }: FollowReloadsOptions,
): void => {
  wholeNumber('followReloads: everyMs', everyMs, 50, 60_000)
  const api = runtimeApi({
    address: runtimeAddress('followReloads: address', address),
    timeoutMs: 5_000,
    mostBytes: 1024 * 1024,
    clock,
  })
  const ending = new AbortController()
  worker.state$.subscribe({ complete: () => ending.abort() })
  const { signal } = ending
  const current = (): Promise<string | undefined> => api('show info', signal).then(processIn, () => undefined)

  const follow = async (): Promise<void> => {
    let known: string | undefined
    while (!signal.aborted) {
      const found = await current()
      if (found !== undefined) {
        if (known !== undefined && known !== found) void worker.reread()
        known = found
      }
      await clock.sleep(everyMs, signal)
    }
  }
  void follow()
}
