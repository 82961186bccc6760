import type { Desired } from './desired.js'
import type { AnySink } from './sink.js'

/** Whether nothing is pending any more. Final refusals do not count as pending; they may leave the state incomplete. */
const isLevel = ({ awaited, unresolved }: Desired): boolean => {
  if (awaited.length > 0) return false
  for (const { why } of unresolved.values()) if (why === 'task-definition') return false
  return true
}

export interface ReadinessOptions {
  readonly sinks: readonly Pick<AnySink, 'name' | 'required'>[]
  /** The clusters that sources cover with snapshots. If there are none, nothing is pending. */
  readonly covers: readonly string[]
}

/** Decides when a worker is ready: see `Worker.ready`. */
export class Readiness {
  private readonly reachedOnce = new Set<string>()
  private announce: () => void = () => undefined
  readonly ready: Promise<void>

  constructor(private readonly options: ReadinessOptions) {
    this.ready = new Promise((resolve) => (this.announce = resolve))
  }

  /** Called when a sink has applied all of `desired` that is allowed. */
  reached(sink: string, desired: Desired): void {
    const { sinks, covers } = this.options
    if (this.reachedOnce.has(sink) || (covers.length > 0 && !isLevel(desired))) return
    this.reachedOnce.add(sink)
    if (sinks.every(({ name, required }) => required === false || this.reachedOnce.has(name))) this.announce()
  }

  /** Called for each new state of a worker without sinks. */
  known(desired: Desired): void {
    if (isLevel(desired)) this.announce()
  }
}
