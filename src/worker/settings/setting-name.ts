/** A setting is `queueUrl` in code, `--queue-url` as a flag and `QUEUE_URL` in the environment. */

const split = (name: string, separator: string): string =>
  name.replace(/[A-Z]/g, (letter) => `${separator}${letter.toLowerCase()}`)

/** @example flagOf('queueUrl') === '--queue-url' */
export const flagOf = (name: string): string => `--${split(name, '-')}`

/** @example variableOf('queueUrl') === 'QUEUE_URL' */
export const variableOf = (name: string): string => split(name, '_').toUpperCase()
