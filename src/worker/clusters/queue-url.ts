import * as O from 'fp-ts/lib/Option.js'
import { queueHost } from '../../sources/sqs/queue-host.js'
import { type SettingType, url } from '../settings/setting-type.js'

const flawOf = (queueUrl: string): string | undefined => {
  try {
    queueHost(queueUrl)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** The URL of an SQS queue. */
export const queueUrl = (): SettingType<string> => {
  const type = url()
  return {
    ...type,
    expected: 'the http or https URL of an SQS queue',
    flaw: (given) => flawOf(given.trim()),
    parse: (given) => O.filter((found: string) => flawOf(found) === undefined)(type.parse(given)),
  }
}
