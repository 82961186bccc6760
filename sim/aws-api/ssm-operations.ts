import { ApiFailure } from './api-failure.js'
import {
  type AwsInput,
  type AwsOperations,
  type AwsOutput,
  page,
  pageSize,
  records,
  text,
  texts,
} from './aws-request.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import type { SimulatedInstance } from '../ecs/simulated-instance.js'

/** The largest page, and the most values in a filter. */
const MOST = 50

/** DescribeInstanceInformation of AWS Systems Manager over the external (`mi-…`) machines of all clusters. */
export const ssmOperations = (clusters: readonly SimulatedCluster[]): AwsOperations => ({
  DescribeInstanceInformation: (input) => {
    const ids = filteredIds(input)
    const external = clusters
      .flatMap((cluster) => cluster.instances())
      .filter(({ kind }) => kind === 'external')
    const { items, nextToken } = page(
      external
        .map((machine, position) => ({ machine, position }))
        .filter(({ machine }) => ids === undefined || ids.has(machine.machineId)),
      ({ position }) => position,
      text(input, 'NextToken'),
      pageSize(input['MaxResults'], { least: 5, most: MOST, refusal: 'ValidationException' }),
    )
    return { InstanceInformationList: items.map(({ machine }) => information(machine)), NextToken: nextToken }
  },
})

/** The requested ids, in the older or newer form of filter; undefined for all. Unknown ids are ignored. */
const filteredIds = (input: AwsInput): ReadonlySet<string> | undefined => {
  const filters = [
    ...records(input, 'InstanceInformationFilterList').map((each) => ({
      key: text(each, 'key'),
      values: texts(each, 'valueSet'),
    })),
    ...records(input, 'Filters').map((each) => ({ key: text(each, 'Key'), values: texts(each, 'Values') })),
  ]
  for (const { key, values } of filters) {
    if (key !== 'InstanceIds')
      throw new ApiFailure('InvalidFilterKey', `The filter ${String(key)} is not simulated.`)
    if (values.length > MOST) {
      throw new ApiFailure('ValidationException', `A filter must have no more than ${MOST} values.`)
    }
  }
  return filters.length === 0 ? undefined : new Set(filters.flatMap(({ values }) => values))
}

/** A machine that is gone keeps its record but has no address. */
const information = (machine: SimulatedInstance): AwsOutput => ({
  InstanceId: machine.machineId,
  ResourceType: 'ManagedInstance',
  PlatformType: 'Linux',
  AgentVersion: '3.3.987.0',
  RegistrationDate: machine.registeredAt / 1000,
  ComputerName: `host-${machine.slot}`,
  ...(machine.status === 'INACTIVE'
    ? { PingStatus: 'ConnectionLost' }
    : { PingStatus: 'Online', IPAddress: machine.privateIp }),
})
