import type { Observable } from 'rxjs'
import type { Clock } from '../../core/clock.js'
import type { ExitCode } from './exit-code.js'
import type { Variables } from '../settings/raw-settings.js'
import type { Stray } from './stray.js'

/** Takes log lines. Never blocks: a stalled reader loses lines instead of stalling the worker. */
export interface LogDestination {
  write(line: string): void
}

/** The command's access to its process, injected so that it runs anywhere. */
export interface Terminal {
  readonly env: Variables
  /** Writes results, synchronously. */
  readonly out: (text: string) => void
  /** Writes error messages for people, synchronously. */
  readonly err: (text: string) => void
  /** Where log lines go, or a function that opens it: `--help` needs no log. Called at most once. */
  readonly log: LogDestination | (() => Promise<LogDestination>)
  /** Whether a person reads the log at a terminal: it is text then, else JSON. Default: false. */
  readonly isInteractive?: boolean
  /** Requests to stop. Subscribing takes them over: they no longer end the process by themselves. */
  readonly stops$: Observable<string>
  /**
   * What dependencies and Node itself print outside the log, including what was printed before the subscription. A
   * subscriber also receives uncaught errors, before they end the process. Default: none.
   */
  readonly strays$?: Observable<Stray>
  /** The time of a worker that `start` runs. Default: the machine's clock. */
  readonly clock?: Clock
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void
}
