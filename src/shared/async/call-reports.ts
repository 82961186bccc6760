import type { Millis } from '../../core/clock.js'
import type { Notice } from '../../core/source.js'

/** Reports the failures of one kind of call, and its first success: the first at all, and the first after a failure. */
export class CallReports {
  private isProven = false

  constructor(
    private readonly operation: string,
    private readonly emit: (notice: Notice) => void,
  ) {}

  failed(error: Error, retryIn: Millis | undefined): void {
    this.isProven = false
    this.emit({ _tag: 'SourceFailed', operation: this.operation, error, retryIn })
  }

  succeeded(): void {
    if (this.isProven) return
    this.isProven = true
    this.emit({ _tag: 'Answered', operation: this.operation })
  }
}
