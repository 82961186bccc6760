import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import type { Random } from '../prng.js'
import { pauseId } from './ecs-ids.js'
import type { HookAction, PauseSpec } from './service-spec.js'

/** A pause that a deployment has come to. */
export interface PauseHook {
  readonly id: string
  readonly stage: DeploymentStage
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly timeoutAction: HookAction
  status: 'AWAITING_ACTION' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'
}

const MINUTE = 60_000

/** The pauses of one deployment. */
export class DeploymentPauses {
  /** All that it has come to, the oldest first. */
  readonly hooks: PauseHook[] = []

  constructor(
    private readonly specs: readonly PauseSpec[],
    private readonly random: Random,
  ) {}

  get awaiting(): readonly PauseHook[] {
    return this.hooks.filter(({ status }) => status === 'AWAITING_ACTION')
  }

  /** The pauses that begin with the stage; each has a new id. */
  enter(stage: DeploymentStage, now: number): readonly PauseHook[] {
    const begun = this.specs
      .filter(({ stages }) => stages.some((each) => each === stage))
      .map(({ timeoutMinutes = 1440, timeoutAction = 'ROLLBACK' }): PauseHook => ({
        id: pauseId(this.random),
        stage,
        expiresAt: now + timeoutMinutes * MINUTE,
        timeoutAction,
        status: 'AWAITING_ACTION',
      }))
    this.hooks.push(...begun)
    return begun
  }

  /** Ends all that wait. */
  fail(): void {
    for (const hook of this.awaiting) hook.status = 'FAILED'
  }
}
