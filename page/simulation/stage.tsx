import type { ComponentChildren } from 'preact'
import { number } from '../app/format.js'
import type { Comparison } from './compared.js'
import { ComparedServices } from './compared-services.js'
import { Controls } from './controls.js'
import type { Act, StageState } from './stage-state.js'

const Count = ({ count, of }: { readonly count: number; readonly of: string }) => (
  <p class={count > 0 ? 'differs' : ''}>
    <strong>{number(count)}</strong> {of}
  </p>
)

const Score = ({
  name,
  comparison: { dead, missing, early },
}: {
  readonly name: string
  readonly comparison: Comparison
}) => (
  <div class="score">
    <h3>{name}</h3>
    <Count count={dead} of={dead === 1 ? 'dead server' : 'dead servers'} />
    <Count count={missing} of="missing" />
    <Count count={early} of="too early" />
  </div>
)

/**
 * The simulated cluster beside two tables: the worker's, and that of a program that applies events one by one. `children`:
 * controls beside those of the cluster.
 */
export const Stage = ({
  state,
  act,
  children,
}: {
  readonly state: StageState
  readonly act: Act
  readonly children?: ComponentChildren
}) => (
  <section class="stage" aria-label="The simulation">
    <div class="scores">
      <Score name="Event by event" comparison={state.naive} />
      <Score name="This worker" comparison={state.ours} />
      <div class="score">
        <h3>Events</h3>
        <p>{`${number(state.events)} sent`}</p>
        <p class="faint">{`${number(state.underWay)} under way`}</p>
      </div>
    </div>
    <ComparedServices ours={state.ours} naive={state.naive} />
    <Controls state={state} act={act}>
      {children}
    </Controls>
  </section>
)
