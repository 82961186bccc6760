import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Source } from '../../core/source.js'
import { healthProbe } from '../../sources/health-probe/health-probe.js'
import { integer, type Kind } from '../settings/setting-type.js'
import { defaulted, optional, type SettingsOf } from '../settings/setting.js'

/** `tcp`, or the path of an HTTP check. */
const probe: Kind<string> = {
  placeholder: 'probe',
  expected: '"tcp", or the path of a check by HTTP, such as /health',
  repeats: false,
  is: t.string.is,
  parse: (given) => (/^(?:tcp|\/[!-~]*)$/.test(given.trim()) ? O.some(given.trim()) : O.none),
  format: (value) => value,
}

/**
 * For workers whose readers connect to what they are told. Spread it into `settings`. Such a worker's composition
 * should say `unhealthy: 'keep-the-last'`: a check that fails everywhere must not empty its target.
 */
export const healthSettings = {
  healthProbe: optional(probe, {
    description: 'Ask every endpoint, and leave out those that fail three times in a row, but never the last',
    example: '/health',
    otherwise: 'what ECS says of its health checks',
  }),
  healthSeconds: defaulted(integer({ min: 1, max: 3_600, unit: 'seconds' }), 10, {
    description: 'How often an endpoint is asked',
    example: '5',
  }),
}

type HealthSettings = SettingsOf<typeof healthSettings>

/** Probes of what a policy offers, if there are to be any. */
export const healthProbes = ({ healthProbe: wanted, healthSeconds }: HealthSettings): readonly Source[] =>
  wanted === undefined
    ? []
    : [
        healthProbe({
          probe: wanted === 'tcp' ? { kind: 'tcp' } : { kind: 'http', path: wanted },
          intervalMs: healthSeconds * 1000,
        }),
      ]
