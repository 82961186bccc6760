import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import { DescribeInstanceInformationCommand, type SSMClient } from '@aws-sdk/client-ssm'
import type { Addresses } from '../../../core/addresses.js'
import type { Machine } from '../../../core/machine.js'
import { ipv6Address, isIpv4Address, isLoopback } from '../../ecs-events/ip-address.js'

export interface AddressedMachine {
  readonly machine: Machine
  readonly addresses: Addresses
}

/** By machine id: `i-…` of EC2, `mi-…` of Systems Manager. Machines that are unknown or have no address are missing. */
export type AddressesById = ReadonlyMap<string, AddressedMachine>

/** Maximum length of a text, longer than any name in AWS. */
const mostText = 255

/** AWS sends an empty text for what a machine does not have. Long or malformed texts are not names. */
const plausibleText = (text: string | undefined): string | undefined =>
  text === undefined || text === '' || text.length > mostText || /\p{Surrogate}/u.test(text)
    ? undefined
    : text

const ipv4Of = (text: string | undefined): string | undefined =>
  text !== undefined && (isIpv4Address(text) || isLoopback(text)) ? text : undefined

const ipv6Of = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : ipv6Address(text)

/** Which addresses of a machine to use. IPv6 addresses count as both private and public. */
export type AddressKind = 'private' | 'public'

/**
 * The addresses of up to 1,000 EC2 instances. Implausible addresses are left out, because traffic would be sent there.
 */
export const ec2Addresses = async (
  ec2: EC2Client,
  ids: readonly string[],
  signal: AbortSignal,
  kind: AddressKind = 'private',
): Promise<AddressesById> => {
  const addresses = new Map<string, AddressedMachine>()
  if (ids.length === 0) return addresses
  try {
    const { Reservations = [] } = await ec2.send(
      // Accounts may hide the machines of ECS Managed Instances from callers that do not ask for them.
      new DescribeInstancesCommand({ InstanceIds: [...ids], IncludeManagedResources: true }),
      { abortSignal: signal },
    )
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
      const ipv4 = ipv4Of(kind === 'public' ? PublicIpAddress : PrivateIpAddress)
      const ipv6 = ipv6Of(
        Ipv6Address ?? NetworkInterfaces.flatMap(({ Ipv6Addresses = [] }) => Ipv6Addresses)[0]?.Ipv6Address,
      )
      if (id !== undefined && (ipv4 ?? ipv6) !== undefined)
        addresses.set(id, {
          machine: {
            id,
            type: plausibleText(type),
            zone: plausibleText(zone),
            hostName: plausibleText(hostName),
          },
          addresses: { ipv4, ipv6 },
        })
    }
    return addresses
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.name.startsWith('InvalidInstanceID.'))) throw thrown
    // EC2 refuses the whole request because of one unknown or malformed id. The message names all of them, or the
    // first.
    const named = new Set(thrown.message.split(/[^\w-]+/))
    const rest = ids.filter((id) => !named.has(id))
    if (rest.length === ids.length) throw thrown
    return ec2Addresses(ec2, rest, signal, kind)
  }
}

/** 50 machines fit on one page, but Systems Manager may send empty pages; this bounds their number. */
const mostPages = 50

/** The addresses of up to 50 external machines, the maximum number of values in a filter. */
export const ssmAddresses = async (
  ssm: SSMClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<AddressesById> => {
  const addresses = new Map<string, AddressedMachine>()
  let NextToken: string | undefined
  let pages = 0
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
      []) {
      // Systems Manager has one field for IPv4 and IPv6, and leaves it out if the machine is not connected.
      const ipv4 = ipv4Of(ip)
      const ipv6 = ipv6Of(ip)
      if (id !== undefined && (ipv4 ?? ipv6) !== undefined)
        addresses.set(id, {
          machine: { id, type: undefined, zone: undefined, hostName: plausibleText(hostName) },
          addresses: { ipv4, ipv6 },
        })
    }
    NextToken = page.NextToken
    pages++
  } while (NextToken !== undefined && NextToken !== '' && pages < mostPages)
  return addresses
}
