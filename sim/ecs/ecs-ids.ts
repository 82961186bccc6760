import type { Random } from '../prng.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const urlSafe = (random: Random, length: number): string =>
  Array.from({ length }, () => alphabet[random.int(alphabet.length)]).join('')

/** The last part of a service deployment's ARN. */
export const deploymentId = (random: Random): string => urlSafe(random, 21)

/** What the tasks of a service revision are started by. */
export const originId = (random: Random): string => `ecs-svc/${1e9 + random.int(8e9)}${1e8 + random.int(9e8)}`

/** The id of a pause. */
export const pauseId = (random: Random): string => `ecs-pause-${urlSafe(random, 43)}`

/** Nineteen digits, as in the ARN of a service revision. */
export const revisionId = (random: Random): string =>
  `${1e9 + random.int(8e9)}${String(random.int(1e9)).padStart(9, '0')}`
