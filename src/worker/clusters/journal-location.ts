import * as O from 'fp-ts/lib/Option.js'
import type { SettingType } from '../settings/setting-type.js'

/** Where a worker's journal is. */
export type JournalLocation =
  { readonly _tag: 'Directory'; readonly path: string } | { readonly _tag: 'Table'; readonly name: string }

const isLocation = (value: unknown): value is JournalLocation =>
  typeof value === 'object' && value !== null && '_tag' in value

const located = (given: string): JournalLocation | undefined => {
  const [, kind, rest = ''] = /^(dir|dynamodb):(.+)$/.exec(given.trim()) ?? []
  if (kind === 'dir') return { _tag: 'Directory', path: rest }
  return kind === 'dynamodb' && /^[\w.-]{3,255}$/.test(rest) ? { _tag: 'Table', name: rest } : undefined
}

const flawOf = (given: string): string | undefined => {
  const trimmed = given.trim()
  if (trimmed.startsWith('dynamodb:'))
    return 'the name of a table has 3 to 255 letters, digits, hyphens, underscores and dots'
  // The setting was once the directory to record to.
  return trimmed.includes('/') && !trimmed.startsWith('dir:')
    ? `for a journal in this directory, write dir:${trimmed}; to record what sources deliver, use RECORD_TO`
    : undefined
}

/** `dir:` and a directory, or `dynamodb:` and the name of a table. */
export const journalLocation = (): SettingType<JournalLocation> => ({
  placeholder: 'location',
  expected: 'dir:<directory> or dynamodb:<table>',
  repeats: false,
  is: isLocation,
  flaw: flawOf,
  parse: (given) => O.fromNullable(located(given)),
  format: (location) =>
    location._tag === 'Directory' ? `dir:${location.path}` : `dynamodb:${location.name}`,
})
