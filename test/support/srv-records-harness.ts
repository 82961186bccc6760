import type { ChangeResourceRecordSetsCommandInput } from '@aws-sdk/client-route-53'
import type { Route53Zones } from '../../sim/route53/route53-zones.js'
import { digestOf, formatOwner, ownershipName } from '../../src/sinks/route53/ownership.js'
import { hostName } from '../../src/sinks/route53/host-name.js'
import { recordName } from '../../src/sinks/route53/record-set.js'
import { srvRecords, type SrvRecordsOptions } from '../../src/sinks/route53/index.js'
import type { SrvService } from '../../src/sinks/route53/service.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { boundless } from './boundless-allowance.js'
import { ecssdHost, ecssdRecord, offeredBy, record, ZoneOfServices } from './zone-of-services.js'

/** The options that the contract is checked with. */
export type SrvRecordsContract = Pick<SrvRecordsOptions, 'adopt' | 'shape'>

/** A new zone called `zone`, the sink over it, and the hands of everybody else on it. */
export const srvRecordsHarness = async (
  route53: Route53Zones,
  zone: string,
  options: SrvRecordsContract = {},
): Promise<SinkHarness<SrvService>> => {
  const client = route53.client()
  const target = await ZoneOfServices.create(route53, zone)
  let writes = 0
  const failing = new Set<string>()
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        if (commandName !== 'ChangeResourceRecordSetsCommand') return next(args)
        const { ChangeBatch } = args.input as ChangeResourceRecordSetsCommandInput
        const names =
          ChangeBatch?.Changes?.map((change) => recordName(change.ResourceRecordSet?.Name ?? '')) ?? []
        // As a policy does that allows only certain names.
        if (names.some((name) => failing.has(name)))
          throw Object.assign(new Error('injected'), {
            name: 'AccessDenied',
            $metadata: { httpStatusCode: 403 },
          })
        const answer = await next(args)
        writes++
        return answer
      },
    { step: 'initialize' },
  )
  const ownershipOf = async (key: string) => (await target.at(ownershipName(key), 'TXT'))[0]!
  const noted = async (key: string): Promise<void> => {
    const ownership = await ownershipOf(key)
    const [value] = ownership.ResourceRecords!
    await target.put(record(ownership.Name!, 'TXT', [`${value!.Value!.slice(0, -1)},note=by hand"`]))
  }
  return {
    sink: srvRecords({ zoneId: target.zoneId, client, allowance: boundless, ...options }),
    snapshot: () => target.services(),
    writes: () => writes,
    addresses: offeredBy,
    // As a person does in the console.
    tamper: async (key) => {
      const [set] = await target.at(key, 'SRV')
      if (set === undefined || options.shape === 'weighted') await noted(key)
      else {
        const values = set.ResourceRecords!.map(({ Value = '' }) => Value)
        await target.put({ ...record(key, 'SRV', [...values, '5 5 5 by-hand.example.com']), TTL: set.TTL })
      }
    },
    plant: async ({ name, endpoints }, owner) => {
      const service = `${name.toLowerCase()}.${zone}`
      if (options.adopt === 'ecssd' && owner === undefined) {
        const hosts = new Set(endpoints.map(({ host }) => host).filter((host) => !host.includes(':')))
        await target.put(
          ...endpoints.map((endpoint) => ecssdRecord(service, endpoint)),
          ...[...hosts].map((host) => ecssdHost(host, zone)),
        )
        return
      }
      const values = endpoints.map(({ host, port }) => `1 1 ${port} ${hostName(host, zone)!}`)
      await target.put(
        ...(values.length === 0 ? [] : [record(service, 'SRV', values)]),
        ...(owner === undefined
          ? []
          : [record(ownershipName(service), 'TXT', [formatOwner(owner, digestOf([]))])]),
      )
    },
    embellishment: {
      add: async (key) => {
        await target.put(record(key, 'TXT', ['"theirs"']), record(key, 'CAA', ['0 issue "ca.example.com"']))
        await noted(key)
      },
      read: async (key) => ({
        beside: [await target.at(key, 'TXT'), await target.at(key, 'CAA')],
        note: (await ownershipOf(key)).ResourceRecords?.[0]?.Value?.includes(',note=by hand"'),
      }),
    },
    failOn: (key) => void failing.add(key),
    another: () => srvRecords({ zoneId: target.zoneId, client, allowance: boundless, ...options }),
    dispose: async () => {
      const faults = await target.faults('contract', 'another contract')
      client.destroy()
      if (faults.length > 0) throw new Error(faults.join('\n'))
    },
  }
}
