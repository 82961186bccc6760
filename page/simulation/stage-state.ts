import type { Comparison } from './compared.js'
import { type Strategy, strategyNames } from './demo-services.js'
import { type Fault, type Faults, faultNames } from './transport.js'

/** All that the stage shows. Plain data, because the demo sends it. */
export interface StageState {
  readonly seed: number
  /** The table of a program that applies events one by one. */
  readonly naive: Comparison
  readonly ours: Comparison
  /** How many events were sent. */
  readonly events: number
  readonly underWay: number
  readonly faults: Faults
  /** How services can be deployed. */
  readonly strategies: readonly Strategy[]
  /** Whether things happen by themselves. */
  readonly isLively: boolean
}

/** What somebody does. */
export type StageAction =
  | { readonly _tag: 'ToggleFault'; readonly fault: Fault }
  /** An essential container of any task exits. */
  | { readonly _tag: 'KillTask' }
  /** A machine is drained, and another one takes its place. */
  | { readonly _tag: 'ReplaceMachine' }
  | { readonly _tag: 'Deploy'; readonly strategy: Strategy }
  | { readonly _tag: 'ToggleLife' }

export type Act = (action: StageAction) => void

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** The action in a JSON value; `undefined` if it is none. */
export const stageActionIn = (u: unknown): StageAction | undefined => {
  if (!isObject(u)) return undefined
  switch (u['_tag']) {
    case 'ToggleFault': {
      const fault = faultNames.find((name) => name === u['fault'])
      return fault && { _tag: 'ToggleFault', fault }
    }
    case 'Deploy': {
      const strategy = strategyNames.find((name) => name === u['strategy'])
      return strategy && { _tag: 'Deploy', strategy }
    }
    case 'KillTask':
    case 'ReplaceMachine':
    case 'ToggleLife':
      return { _tag: u['_tag'] }
    default:
      return undefined
  }
}

/** The demo sends it, which is of the same version: it is told apart from anything else, and no more. */
export const isStageState = (u: unknown): u is StageState =>
  isObject(u) && isObject(u['naive']) && isObject(u['ours']) && isObject(u['faults'])
