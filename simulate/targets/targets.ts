import type { Stranger } from './stranger.js'
import { FileTarget, type FileTargetOptions } from './file-target.js'
import { ServedTarget, type ServedTargetOptions } from './served-target.js'
import type { SimulatedTarget, TargetObserver } from './simulated-target.js'
import { TableTarget } from './table-target.js'
import type { TargetKind } from './target-kind.js'
import { ZoneTarget, type ZoneTargetOptions } from './zone-target.js'

export type TargetsOptions = Omit<ZoneTargetOptions, 'now'> &
  ServedTargetOptions &
  Pick<FileTargetOptions, 'machine'>

/** All targets that there are, of which workers keep one in sync. */
export class Targets {
  readonly table: TableTarget
  readonly zone: ZoneTarget
  readonly #served: ServedTarget
  readonly #file: FileTarget

  constructor(
    private readonly kind: TargetKind,
    options: TargetsOptions,
    observer: TargetObserver,
  ) {
    const now = () => options.timeline.now
    this.table = new TableTarget({ ...options, now }, observer)
    this.zone = new ZoneTarget({ ...options, now }, observer)
    this.#served = new ServedTarget(options, observer)
    this.#file = new FileTarget({ ...options, now }, observer)
  }

  /** The one that workers keep in sync. */
  get current(): SimulatedTarget {
    switch (this.kind) {
      case 'traefik-table':
        return this.table
      case 'srv-records':
        return this.zone
      case 'traefik-http':
        return this.#served
      case 'traefik-file':
        return this.#file
    }
  }

  /** Who else writes to it, if anybody can. */
  get stranger(): Stranger | undefined {
    const { current } = this
    return current._tag === 'Written' ? current.stranger : undefined
  }

  /** Whoever reads the target begins to. */
  start(): void {
    if (this.kind === 'traefik-http') this.#served.start()
    if (this.kind === 'traefik-file') this.#file.start()
  }
}
