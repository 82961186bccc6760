import type { Observable } from 'rxjs'
import type { ExitCode } from './exit-code.js'
import type { Variables } from './given.js'

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
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void
}
