import type { ComponentChildren } from 'preact'
import type { Strategy } from './demo-services.js'
import type { Act, StageState } from './stage-state.js'
import type { Fault } from './transport.js'

const faultTitles: readonly (readonly [fault: Fault, name: string])[] = [
  ['drop', 'Dropped'],
  ['double', 'Doubled'],
  ['delay', 'Delayed'],
  ['reorder', 'Reordered'],
]

const deploys: Readonly<Record<Strategy, string>> = {
  ROLLING: 'Deploy',
  BLUE_GREEN: 'Deploy blue/green',
  CANARY: 'Deploy a canary',
}

export const Toggle = ({
  on,
  toggle,
  children,
}: {
  readonly on: boolean
  readonly toggle: () => void
  readonly children: ComponentChildren
}) => (
  <button type="button" aria-pressed={on} onClick={toggle}>
    {children}
  </button>
)

/** What somebody may do to the cluster, and to its events on their way. `children`: what else there is. */
export const Controls = ({
  state: { faults, strategies, isLively, seed },
  act,
  children,
}: {
  readonly state: Pick<StageState, 'faults' | 'strategies' | 'isLively' | 'seed'>
  readonly act: Act
  readonly children?: ComponentChildren
}) => (
  <div class="controls">
    <fieldset>
      <legend>Events are</legend>
      {faultTitles.map(([fault, name]) => (
        <Toggle key={fault} on={faults[fault]} toggle={() => act({ _tag: 'ToggleFault', fault })}>
          {name}
        </Toggle>
      ))}
    </fieldset>
    <fieldset>
      <legend>Make it happen</legend>
      <button type="button" onClick={() => act({ _tag: 'KillTask' })}>
        Kill a task
      </button>
      <button type="button" onClick={() => act({ _tag: 'ReplaceMachine' })}>
        Replace a machine
      </button>
      {strategies.map((strategy) => (
        <button key={strategy} type="button" onClick={() => act({ _tag: 'Deploy', strategy })}>
          {deploys[strategy]}
        </button>
      ))}
    </fieldset>
    <fieldset>
      <legend>The cluster of seed {seed}</legend>
      <Toggle on={!isLively} toggle={() => act({ _tag: 'ToggleLife' })}>
        Rest
      </Toggle>
    </fieldset>
    {children}
  </div>
)
