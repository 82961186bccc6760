import { ApiFailure } from './api-failure.js'
import { page, pageSize } from './aws-request.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import type { SimulatedInstance } from '../ecs/simulated-instance.js'

/** Computes the XML body of a response from the form parameters of a request. */
export type Ec2Operations = Readonly<Record<string, (form: URLSearchParams) => string>>

const WELL_FORMED = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/

/** DescribeInstances of Amazon EC2 over the machines of all clusters; external machines are unknown to EC2. */
export const ec2Operations = (clusters: readonly SimulatedCluster[]): Ec2Operations => {
  const machines = (form: URLSearchParams): readonly SimulatedInstance[] =>
    clusters
      .filter(({ hidden }) => !hidden || form.get('IncludeManagedResources') === 'true')
      .flatMap((cluster) => cluster.instances())
      .filter(({ kind }) => kind === 'ec2')

  return {
    DescribeInstances: (form) => {
      const ids = [...form].flatMap(([name, value]) => (/^InstanceId\.\d+$/.test(name) ? [value] : []))
      const asked = form.get('MaxResults')
      if (ids.length > 0) {
        if (asked !== null) {
          throw new ApiFailure(
            'InvalidParameterCombination',
            'The parameter instancesSet cannot be used with the parameter maxResults',
          )
        }
        return reservations(known(ids, machines(form)), undefined)
      }
      const { items, nextToken } = page(
        machines(form).map((machine, position) => ({ machine, position })),
        ({ position }) => position,
        form.get('NextToken') ?? undefined,
        pageSize(asked, { least: 5, most: 1000, refusal: 'InvalidParameterValue' }),
      )
      return reservations(
        items.map(({ machine }) => machine),
        nextToken,
      )
    },
  }
}

/** One unknown id fails the whole request. */
const known = (
  ids: readonly string[],
  machines: readonly SimulatedInstance[],
): readonly SimulatedInstance[] => {
  const malformed = ids.find((id) => !WELL_FORMED.test(id))
  if (malformed !== undefined)
    throw new ApiFailure('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`)
  const byId = new Map(machines.map((machine) => [machine.machineId, machine]))
  const missing = ids.filter((id) => !byId.has(id))
  if (missing.length > 0) {
    throw new ApiFailure(
      'InvalidInstanceID.NotFound',
      missing.length === 1
        ? `The instance ID '${missing.join()}' does not exist`
        : `The instance IDs '${missing.join(', ')}' do not exist`,
    )
  }
  return ids.flatMap((id) => byId.get(id) ?? [])
}

const reservations = (machines: readonly SimulatedInstance[], nextToken: string | undefined): string =>
  element(
    'reservationSet',
    ...machines.map((machine) =>
      element(
        'item',
        element('reservationId', `r-${machine.machineId.slice(2)}`),
        element('ownerId', machine.place.account),
        element('instancesSet', element('item', ...instanceElements(machine))),
      ),
    ),
  ) + (nextToken === undefined ? '' : element('nextToken', nextToken))

/** A terminated instance is still described for a while, but has no address any more. */
const instanceElements = (machine: SimulatedInstance): readonly string[] => {
  const terminated = machine.status === 'INACTIVE'
  const state = terminated ? { code: 48, name: 'terminated' } : { code: 16, name: 'running' }
  return [
    element('instanceId', machine.machineId),
    element('instanceType', 'm6i.large'),
    element('instanceState', element('code', String(state.code)), element('name', state.name)),
    element('placement', element('availabilityZone', machine.availabilityZone)),
    element('launchTime', new Date(machine.registeredAt).toISOString()),
    ...(terminated
      ? []
      : [
          element('privateIpAddress', machine.privateIp),
          element(
            'privateDnsName',
            `ip-${machine.privateIp.replaceAll('.', '-')}.${machine.place.region}.compute.internal`,
          ),
          element('ipAddress', machine.publicIp),
          ...(machine.ipv6 === undefined ? [] : [element('ipv6Address', machine.ipv6)]),
        ]),
  ]
}

/** An element around text or other elements; nothing that the simulation writes needs escaping. */
export const element = (name: string, ...content: readonly string[]): string =>
  `<${name}>${content.join('')}</${name}>`
