import type { Observable } from 'rxjs'
import type { ExitCode } from './exit-code.js'
import type { Variables } from '../settings/raw-settings.js'
import type { Stray } from './stray.js'

/** What the command has of its process; injected, so that it runs anywhere. */
export interface Terminal {
  readonly env: Variables
  /** For results. Written when it returns. */
  readonly out: (text: string) => void
  /** For people: what is wrong. Written when it returns. */
  readonly err: (text: string) => void
  /** For log lines. Never blocks: a reader that stalls loses lines, and does not stall the worker. */
  readonly log: { write(line: string): void }
  /** Requests to stop. Subscribing takes them over: they no longer end the process by themselves. */
  readonly stops$: Observable<string>
  /**
   * What dependencies and Node itself say beside the log. A subscriber is told what was said before, too, and takes
   * over errors that nobody catches: it logs them, and the process ends. Default: nothing is said.
   */
  readonly strays$?: Observable<Stray>
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void
}
