import type { Millis } from 'ecs-task-stream'

/** The time, the same in all processes of this machine. */
export const now = (): Millis => Number(process.hrtime.bigint()) / 1e6
