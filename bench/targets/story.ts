import type { Millis } from 'ecs-task-stream'
import type { Service, Told } from './churn.js'
import type { Faults } from './faults.js'
import { now } from './now.js'

export type PhaseName = 'rolling' | 'zero' | 'crash' | 'failing'

/** What happened, and to which tasks. */
export interface Phase {
  readonly name: PhaseName
  readonly began: Millis
  readonly ended: Millis
  readonly started: readonly Told[]
  readonly stopped: readonly Told[]
}

export interface StorySize {
  /** How many tasks run. */
  readonly tasks: number
  /** How many are replaced in a deployment. */
  readonly replaced: number
  readonly crashes: number
}

const sleep = (ms: Millis): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** How long a task serves after its stop, and a little more. */
export const drainMs: Millis = 6000
const settleMs: Millis = drainMs + 500

/** A crash is told this much later: ECS needs a moment to notice. */
const noticeMs: Millis = 2000

/** The same for every target at the same moment: a deployment, to zero and back, crashes, and a deployment of half failing calls. */
export const story = async (
  service: Service,
  faults: Faults,
  { tasks, replaced, crashes }: StorySize,
): Promise<readonly Phase[]> => {
  const phase = async (
    name: PhaseName,
    play: (started: Told[], stopped: Told[]) => Promise<void>,
  ): Promise<Phase> => {
    const began = now()
    const [started, stopped]: [Told[], Told[]] = [[], []]
    await play(started, stopped)
    await sleep(settleMs)
    return { name, began, ended: now(), started, stopped }
  }
  const deployment = async (started: Told[], stopped: Told[]): Promise<void> => {
    for (let n = 0; n < replaced; n++) {
      started.push(await service.start())
      await sleep(1000)
      stopped.push(service.stop())
      await sleep(1000)
    }
  }

  const rolling = await phase('rolling', deployment)
  const zero = await phase('zero', async (started, stopped) => {
    for (let n = 0; n < tasks; n++) stopped.push(service.stop())
    await sleep(5000)
    for (let n = 0; n < tasks; n++) started.push(await service.start())
  })
  const crash = await phase('crash', async (started, stopped) => {
    for (let n = 0; n < crashes; n++) {
      stopped.push(service.crash(noticeMs))
      await sleep(noticeMs + 1000)
      started.push(await service.start())
      await sleep(2000)
    }
  })
  const failing = await phase('failing', async (started, stopped) => {
    faults.areOn = true
    await deployment(started, stopped)
    await sleep(settleMs)
    faults.areOn = false
  })
  return [rolling, zero, crash, failing]
}
