/** Backends as target groups for Prometheus's HTTP and file service discovery. Pure. */
import { lastSegment, placeOf } from '../../core/arn.js'
import { type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'

/** One target with its own labels, as Prometheus reads it. */
export type TargetGroup = {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** The groups of one backend: one per address, in their order. */
export type TargetGroups = readonly TargetGroup[]

export type EndpointLabels = (endpoint: Endpoint) => Readonly<Record<string, string>>

/** Labels with this prefix exist only during relabelling. */
export const backendLabel = '__meta_ecs_backend'
/** Overrides the target's address. */
const addressLabel = '__meta_ecs_address'
const addressOf = ({ targets, labels }: TargetGroup): string => labels[addressLabel] ?? targets[0] ?? ''

/** Prometheus refuses the whole list if one name is invalid. */
const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')

const definitionLabels = (definition: string | undefined): Readonly<Record<string, string>> => {
  if (definition === undefined) return {}
  const [, family = '', revision = ''] = /^(.*):(\d+)$/.exec(lastSegment(definition)) ?? []
  return family === '' ? {} : { task_name: family, task_revision: revision }
}

const serviceOf = ({ cluster, group }: Endpoint): readonly [name: string, arn: string] | undefined => {
  const [, name] = /^service:(.+)$/.exec(group ?? '') ?? []
  return name === undefined ? undefined : [name, `${cluster.replace(':cluster/', ':service/')}/${name}`]
}

/**
 * The labels of Prometheus's own ECS discovery, as far as an endpoint has what they say, so that relabelling rules that
 * were written for it go on working. Source: Prometheus, `discovery/aws/ecs.go`.
 */
const nativeLabels = (endpoint: Endpoint): Readonly<Record<string, string>> => {
  const { cluster, task, group, definition, host, zone } = endpoint
  const [service, serviceArn] = serviceOf(endpoint) ?? []
  const known: Readonly<Record<string, string | undefined>> = {
    cluster: lastSegment(cluster),
    cluster_arn: cluster,
    region: placeOf(cluster).region,
    service,
    service_arn: serviceArn,
    task_group: group,
    task_arn: task,
    task_definition: definition,
    ip_address: host,
    availability_zone: zone,
    // Every endpoint is one of a running task that is to run.
    desired_status: 'RUNNING',
    last_status: 'RUNNING',
  }
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) =>
      value === undefined ? [] : [[`__meta_ecs_${name}`, value]],
    ),
  )
}

const groupOf = (endpoint: Endpoint, backend: string, labels: EndpointLabels): TargetGroup => {
  const address = formatAddress(endpoint)
  const { __address__: target = address, ...own } = labels(endpoint)
  return {
    targets: [target],
    labels: {
      ...nativeLabels(endpoint),
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
  // An incomplete backend without endpoints says nothing yet. UDP is not scraped.
  if (before === undefined && scraped.length === 0 && (!complete || endpoints.length > 0)) return undefined
  const live = scraped.map((endpoint) => groupOf(endpoint, name, labels))
  return mergeIncomplete(backend, { live, held: before ?? [], addressOf }).toSorted((a, b) =>
    addressOf(a) < addressOf(b) ? -1 : 1,
  )
}

/** The policy's settings of an endpoint; settings of other policies do not concern Prometheus. */
const policyLabels: EndpointLabels = ({ labels = {} }) => labels

/** Everything of a sink except its target: one record per backend, by the backend's name. */
export const prometheusRendering = (
  labels: EndpointLabels = policyLabels,
): Required<
  Pick<Sink<TargetGroups>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'endpointsOf' | 'emptied'>
> => ({
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  ...renderEach<TargetGroups>((backend, before) => renderGroups(backend, before, labels)),
  prune: () => undefined,
  emptied: () => [],
  hostsOf: (groups) => hostsIn(groups.map(addressOf)),
  endpointsOf: (groups) => groups.map(addressOf),
})
