import type { Policy } from '../../core/policy.js'
import { deployments } from '../../policies/deployments.js'
import { servicePorts } from '../../policies/service-ports.js'
import { prometheusExporters } from '../../sinks/prometheus/prometheus-exporters.js'
import { srvNames } from '../../sinks/route53/names/srv-names.js'
import { traefikLabels } from '../../sinks/traefik/labels/traefik-labels.js'
import { serviceName } from '../settings/backend-name.js'

/** The policies that `replay` knows. */
export const policyNames = ['service-ports', 'traefik-labels', 'srv-names', 'prometheus-exporters'] as const

type PolicyName = (typeof policyNames)[number]

const named = (name: PolicyName, template: string): Policy => {
  switch (name) {
    case 'service-ports':
      return servicePorts({ name: serviceName(template) })
    case 'traefik-labels':
      return traefikLabels()
    case 'srv-names':
      return srvNames()
    case 'prometheus-exporters':
      return prometheusExporters()
  }
}

/** A policy by name. A recording of a worker that does not follow deployments has no descriptions of them. */
export const replayedPolicy = (name: PolicyName, template: string): Policy =>
  // Prometheus scrapes what gets no requests, too.
  name === 'prometheus-exporters' ? named(name, template) : deployments(named(name, template))
