import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import {
  type AddressedMachine,
  type AddressesById,
  type AddressKind,
  ipv4Of,
  ipv6Of,
  plausibleText,
} from './machine-addresses.js'

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
