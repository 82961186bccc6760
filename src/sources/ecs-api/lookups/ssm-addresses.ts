import { DescribeInstanceInformationCommand, type SSMClient } from '@aws-sdk/client-ssm'
import {
  type AddressedMachine,
  type AddressesById,
  ipv4Of,
  ipv6Of,
  plausibleText,
} from './machine-addresses.js'

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
