import { createHash } from 'node:crypto'
import type { Owner } from '../../core/sink.js'

/** `dynamoDbJournal` takes no longer ones, and every file system has room for them. */
const most = 100

const digestLength = 64

/** A character by its code point, in hexadecimal, between dots. */
const escaped = (character: string): string => `.${(character.codePointAt(0) ?? 0).toString(16)}.`

/**
 * The name of the journal of the workers with an owner: of letters, digits and `_.:-`, at most 100. Different owners have
 * different names.
 * @example journalName('ecs-task-stream/staging') === 'ecs-task-stream.2f.staging'
 */
export const journalName = (owner: Owner): string => {
  const name = owner.replaceAll(/[^A-Za-z0-9_:-]/gu, escaped)
  if (name.length <= most) return name
  // In short names, a dot after text begins an escape, and another one ends it. Here it does not, so no two are equal.
  const readable = owner.replaceAll(/[^A-Za-z0-9_:-]/gu, '-').slice(0, most - digestLength - 1)
  return `${readable}.${createHash('sha256').update(owner).digest('hex')}`
}
