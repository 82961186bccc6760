import { list, text } from '../settings/setting-type.js'
import { optional } from '../settings/setting.js'
import { regionName } from './region-name.js'

/** What finds a journal at its location, for commands that read it without being one of its workers. */
export const sharedJournalSettings = {
  cluster: optional(list('clusters'), {
    description: 'The clusters of the workers that share the journal, as in their setting',
    example: 'staging',
    otherwise: 'none; then OWNER names the journal',
  }),
  owner: optional(text('owner', 'an owner ID'), {
    description: 'The owner of the workers that share the journal, as in their setting',
    example: 'ecs-task-stream/production',
    otherwise: 'the one that follows from CLUSTER',
  }),
  region: optional(regionName(), {
    description: 'AWS region of the table of the journal',
    example: 'eu-west-1',
    otherwise: 'resolved by the AWS SDK',
  }),
}
