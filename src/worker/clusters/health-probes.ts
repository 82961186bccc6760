import type { Source } from '../../core/source.js'
import { healthProbe } from '../../sources/health-probe/health-probe.js'
import type { HealthSettings } from './health-settings.js'

/** Probes the endpoints that the policy exposes, if a probe is configured. */
export const healthProbes = ({ healthProbe: wanted, healthSeconds }: HealthSettings): readonly Source[] =>
  wanted === undefined
    ? []
    : [
        healthProbe({
          probe: wanted === 'tcp' ? { kind: 'tcp' } : { kind: 'http', path: wanted },
          intervalMs: healthSeconds * 1000,
        }),
      ]
