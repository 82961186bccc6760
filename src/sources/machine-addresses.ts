import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import { DescribeInstanceInformationCommand, type SSMClient } from '@aws-sdk/client-ssm'
import type { Addresses } from '../core/addresses.js'
import type { Machine } from '../core/machine.js'

export interface AddressedMachine {
  readonly machine: Machine
  readonly addresses: Addresses
}

/** Machine ids: `i-…` of EC2, `mi-…` of Systems Manager. What has no address, or is not known there, is not in it. */
export type AddressesById = ReadonlyMap<string, AddressedMachine>

/** AWS says an empty text of what a machine does not have. */
const told = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

/**
 * Which addresses of a machine: those in its own network, or those that it has for everybody. An IPv6 address is both.
 */
export type AddressKind = 'private' | 'public'

/** The addresses of EC2 instances, at most 1,000 of them. */
export const ec2Addresses = async (
  ec2: EC2Client,
  ids: readonly string[],
  signal: AbortSignal,
  kind: AddressKind = 'private',
): Promise<AddressesById> => {
  const addresses = new Map<string, AddressedMachine>()
  if (ids.length === 0) return addresses
  try {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [...ids] }), {
      abortSignal: signal,
    })
    for (const {
      InstanceId: id,
      InstanceType: type,
      Placement: { AvailabilityZone: zone } = {},
      PrivateDnsName: hostName,
      PrivateIpAddress,
      PublicIpAddress,
      Ipv6Address,
      NetworkInterfaces = [],
    } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      const ipv4 = kind === 'public' ? PublicIpAddress : PrivateIpAddress
      const ipv6 =
        Ipv6Address ?? NetworkInterfaces.flatMap(({ Ipv6Addresses = [] }) => Ipv6Addresses)[0]?.Ipv6Address
      if (id !== undefined && (ipv4 ?? ipv6) !== undefined)
        addresses.set(id, {
          machine: { id, type: told(type), zone: told(zone), hostName: told(hostName) },
          addresses: { ipv4, ipv6 },
        })
    }
    return addresses
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.name.startsWith('InvalidInstanceID.'))) throw thrown
    // Because of one id that is unknown or malformed, EC2 refuses the whole request. It names them all, or the first.
    const named = new Set(thrown.message.split(/[^\w-]+/))
    const rest = ids.filter((id) => !named.has(id))
    if (rest.length === ids.length) throw thrown
    return ec2Addresses(ec2, rest, signal, kind)
  }
}

/** The addresses of external machines, at most 50 of them: as many as a filter may have values. */
export const ssmAddresses = async (
  ssm: SSMClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<AddressesById> => {
  const addresses = new Map<string, AddressedMachine>()
  let NextToken: string | undefined
  do {
    const page = await ssm.send(
      new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: [...ids] }],
        MaxResults: 50,
        NextToken,
      }),
      { abortSignal: signal },
    )
    for (const { InstanceId: id, ComputerName: hostName, IPAddress: ip } of page.InstanceInformationList ??
      [])
      // Systems Manager has one field for either kind, and leaves it out when the machine is not connected.
      if (id !== undefined && ip !== undefined && ip !== '')
        addresses.set(id, {
          machine: { id, type: undefined, zone: undefined, hostName: told(hostName) },
          addresses: ip.includes(':') ? { ipv4: undefined, ipv6: ip } : { ipv4: ip, ipv6: undefined },
        })
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return addresses
}
