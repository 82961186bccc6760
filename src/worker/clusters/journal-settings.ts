import { join } from 'node:path'
import type { Journal } from '../../core/journal.js'
import type { Owner } from '../../core/sink.js'
import type { Composition } from '../runner/composition.js'
import { optional, type SettingsOf } from '../settings/setting.js'
import { type JournalLocation, journalLocation } from './journal-location.js'
import { journalName } from './journal-name.js'
import { lazyJournal } from './lazy-journal.js'

/** For workers that can share what they know. Spread them into `settings`, and `sharedJournal` into the composition. */
export const journalSettings = {
  journal: optional(journalLocation(), {
    description: 'The journal that workers of the same clusters share and that survives restarts',
    example: 'dynamodb:ecs-journal',
    otherwise: 'none: one worker a queue, which knows nothing when it starts',
  }),
}

export type JournalSettings = SettingsOf<typeof journalSettings>

const loaded = async (
  location: JournalLocation,
  name: string,
  region: string | undefined,
): Promise<Journal> => {
  switch (location._tag) {
    case 'Directory': {
      const { directoryJournal } = await import('../../journal/directory/index.js')
      return directoryJournal({ directory: join(location.path, name) })
    }
    case 'Table': {
      const { dynamoDbJournal } = await import('../../journal/dynamodb/index.js')
      return dynamoDbJournal({ table: location.name, name, region })
    }
  }
}

/** The journal of the workers with an owner. Its driver is loaded with the first call. */
export const journalOf = (location: JournalLocation, owner: Owner, region: string | undefined): Journal =>
  lazyJournal(() => loaded(location, journalName(owner), region))

/**
 * The part of a composition for these settings. The journal is named for the owner: so workers of other clusters use
 * another one, even in the same table or directory. Its driver is loaded with the first call, so a worker without a
 * journal loads none.
 */
export const sharedJournal = (
  { journal: location, region }: Partial<JournalSettings> & { readonly region?: string | undefined },
  owner: Owner,
): Pick<Composition, 'journal' | 'past'> =>
  location === undefined
    ? {}
    : { journal: journalOf(location, owner, region), past: journalOf(location, owner, region) }
