/** Backends as Prometheus's target groups, for its HTTP and file service discovery. Pure. */
import { lastSegment } from '../../core/arn.js'
import { type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'

/** One target with labels of its own, as Prometheus reads it. */
export type TargetGroup = {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** The groups of one backend: one for each address, in their order. */
export type TargetGroups = readonly TargetGroup[]

export type EndpointLabels = (endpoint: Endpoint) => Readonly<Record<string, string>>

/** Labels that begin so are there for relabelling, and end with it. */
export const backendLabel = '__meta_ecs_backend'
/** Where a target is, if its name does not say it. */
const addressLabel = '__meta_ecs_address'
const addressOf = ({ targets, labels }: TargetGroup): string => labels[addressLabel] ?? targets[0] ?? ''

/** One invalid name, and Prometheus refuses the whole list. */
const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')

const definitionLabels = (definition: string | undefined): Readonly<Record<string, string>> => {
  if (definition === undefined) return {}
  const [, family = '', revision = ''] = /^(.*):(\d+)$/.exec(lastSegment(definition)) ?? []
  return family === '' ? {} : { task_name: family, task_revision: revision }
}

const groupOf = (endpoint: Endpoint, backend: string, labels: EndpointLabels): TargetGroup => {
  const address = formatAddress(endpoint)
  const { __address__: target = address, ...own } = labels(endpoint)
  return {
    targets: [target],
    labels: {
      task_arn: endpoint.task,
      ...definitionLabels(endpoint.definition),
      ...(endpoint.group === undefined ? {} : { task_group: endpoint.group }),
      cluster_arn: endpoint.cluster,
      container_name: endpoint.container,
      ...Object.fromEntries(Object.entries(own).map(([name, value]) => [labelName(name), value])),
      ...(target === address ? {} : { [addressLabel]: address }),
      [backendLabel]: backend,
    },
  }
}

const renderGroups = (
  backend: Backend,
  before: TargetGroups | undefined,
  labels: EndpointLabels,
): TargetGroups | undefined => {
  const { name, endpoints, complete } = backend
  const scraped = endpoints.filter(({ protocol }) => protocol === 'tcp')
  // Nothing is known yet of an incomplete one that offers nothing; UDP is not scraped.
  if (before === undefined && scraped.length === 0 && (!complete || endpoints.length > 0)) return undefined
  const live = scraped.map((endpoint) => groupOf(endpoint, name, labels))
  return mergeIncomplete(backend, { live, held: before ?? [], addressOf }).toSorted((a, b) =>
    addressOf(a) < addressOf(b) ? -1 : 1,
  )
}

/** What a policy says of an endpoint; labels of other policies are none of Prometheus's business. */
const policyLabels: EndpointLabels = ({ labels = {} }) => labels

/** All of a sink but its target: a record a backend, by the backend's name. */
export const prometheusRendering = (
  labels: EndpointLabels = policyLabels,
): Required<Pick<Sink<TargetGroups>, 'equals' | 'render' | 'prune' | 'hostsOf' | 'emptied'>> => ({
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  render: renderEach((backend, before) => renderGroups(backend, before, labels)),
  prune: () => undefined,
  emptied: () => [],
  hostsOf: (groups) => hostsIn(groups.map(addressOf)),
})
