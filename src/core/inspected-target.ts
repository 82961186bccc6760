import type { Desired } from './desired.js'
import { type ExplainedTarget, targetAt } from './explain/explained-target.js'
import type { PlanOptions } from './plan.js'
import type { Owner, Row, Sink } from './sink.js'
import { sliced } from './sliced.js'
import { TargetView } from './target-view.js'

interface Shown {
  readonly desired: Desired
  readonly confirmed: boolean
  readonly target: ExplainedTarget
}

/**
 * A second view of a target, for people who ask. It follows the records of the reconciler's view, and judges them by the
 * newest desired state, whatever round is under way. Costs nothing until it is asked; then a pass over the records, and
 * the parts that changed since it was last asked.
 */
export class InspectedTarget<V> {
  private readonly view: TargetView<V>
  private shown: Shown | undefined

  constructor(
    private readonly sink: Sink<V>,
    owner: Owner,
    private readonly pause: () => Promise<void>,
  ) {
    this.view = new TargetView(sink, owner, [])
  }

  /** What the target holds against `desired`. Wait for the answer before the next call. */
  async against(
    rows: ReadonlyMap<string, Row<V>>,
    desired: Desired,
    options: Pick<PlanOptions, 'pruneGuard' | 'confirmed'>,
  ): Promise<ExplainedTarget> {
    const { shown, view } = this
    const confirmed = options.confirmed ?? false
    const hasChanged = view.follow(rows)
    if (!hasChanged && shown?.desired === desired && shown.confirmed === confirmed) return shown.target
    await sliced(view.update(desired), this.pause)
    const target = targetAt(this.sink, view.moment({ ...options, complete: desired.complete }))
    this.shown = { desired, confirmed, target }
    return target
  }
}
