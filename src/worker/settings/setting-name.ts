/** A setting is `queueUrl` in code, `--queue-url` as a flag and `QUEUE_URL` in the environment. */

const split = (name: string, separator: string): string =>
  name.replace(/[A-Z]/g, (letter) => `${separator}${letter.toLowerCase()}`)

/** @example flagOf('queueUrl') === '--queue-url' */
export const flagOf = (name: string): string => `--${split(name, '-')}`

/** What makes a variable ours alone. Plain variables, such as `DEBUG` or `PORT`, may be used by others, too. */
export const ownPrefix = 'ECS_TASK_STREAM_'

/** @example variableOf('queueUrl') === 'QUEUE_URL' */
export const variableOf = (name: string): string => split(name, '_').toUpperCase()

/** @example ownVariableOf('queueUrl') === 'ECS_TASK_STREAM_QUEUE_URL' */
export const ownVariableOf = (name: string): string => `${ownPrefix}${variableOf(name)}`
