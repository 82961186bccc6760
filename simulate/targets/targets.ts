import type { TargetKind } from '../world/scenario.js'
import type { SimulatedTarget, TargetObserver } from './simulated-target.js'
import { TableTarget } from './table-target.js'
import { ZoneTarget, type ZoneTargetOptions } from './zone-target.js'

/** All targets that there are, of which workers keep one in sync. */
export class Targets {
  readonly table: TableTarget
  readonly zone: ZoneTarget

  constructor(
    private readonly kind: TargetKind,
    options: ZoneTargetOptions,
    observer: TargetObserver,
  ) {
    this.table = new TableTarget(options, observer)
    this.zone = new ZoneTarget(options, observer)
  }

  /** The one that workers keep in sync. */
  get current(): SimulatedTarget {
    switch (this.kind) {
      case 'traefik-table':
        return this.table
      case 'srv-records':
        return this.zone
    }
  }
}
