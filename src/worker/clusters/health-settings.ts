import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import { integer, type SettingType } from '../settings/setting-type.js'
import { defaulted, optional, type SettingsOf } from '../settings/setting.js'

/** `tcp`, or the path of an HTTP check. */
const probe: SettingType<string> = {
  placeholder: 'probe',
  expected: '"tcp", or the path of an HTTP check such as /health',
  repeats: false,
  is: t.string.is,
  parse: (given) => (/^(?:tcp|\/[!-~]*)$/.test(given.trim()) ? O.some(given.trim()) : O.none),
  format: (value) => value,
}

/**
 * For workers whose readers connect to the endpoints. Spread them into `settings`. Such a worker's composition should
 * set `unhealthy: 'keep-the-last'`, so that a check that fails everywhere does not empty the target.
 */
export const healthSettings = {
  healthProbe: optional(probe, {
    description:
      'Probe every endpoint; leave out those that fail three times in a row, unless no other is left',
    example: '/health',
    otherwise: 'ECS health checks only',
  }),
  healthSeconds: defaulted(integer({ min: 1, max: 3_600, unit: 'seconds' }), 10, {
    description: 'How often to probe each endpoint',
    example: '5',
  }),
}

export type HealthSettings = SettingsOf<typeof healthSettings>
