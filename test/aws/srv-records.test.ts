/**
 * The sink `srvRecords` at moto's Route 53 and at ours: the same backends, one after the other, leave the same records.
 * What conditional changes protect cannot be shown here, since moto does not compare what is deleted.
 */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53'
import type { Backend, PersistentMap } from 'ecs-task-stream'
import { srvRecords, type SrvRecordsOptions } from 'ecs-task-stream/sinks/srv-records'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { type Route53Zones, route53Zones } from '../../sim/route53/route53-zones.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { boundless } from '../support/boundless-allowance.js'
import { planned, reconciledUntilQuiet } from '../support/reconciled.js'
import { moto } from './witnesses.js'

/**
 * A deployment: tasks come, move to ports and hosts that others had, and go. No record set returns as it was before:
 * moto refuses to create what was ever written.
 */
const states: readonly PersistentMap<Backend>[] = [
  { '_calc._tcp': ['10.0.0.1:32768'] },
  { '_calc._tcp': ['10.0.0.1:32768', '10.0.0.2:32768'], '_log._udp': ['10.0.0.2:514'] },
  { '_calc._tcp': ['10.0.0.2:32769', '10.0.0.3:32768'], '_log._udp': ['10.0.0.3:514'] },
  { '_calc._tcp': [], '_log._udp': ['10.0.0.3:514', '10.0.0.4:514'] },
  { '_calc._tcp': ['10.0.0.5:32768'] },
].map((names) =>
  backendsOf(
    Object.entries(names).map(([name, addresses]) =>
      backendOf(
        name,
        addresses.map((address) => {
          const [host = '', port] = address.split(':')
          return { host, port: Number(port) }
        }),
      ),
    ),
  ),
)

const line = ({ Name, Type, TTL, Weight, SetIdentifier, ResourceRecords = [] }: ResourceRecordSet): string =>
  [Name, Type, TTL, Weight, SetIdentifier, ...ResourceRecords.map(({ Value }) => Value).sort()].join(' ')

describe.each<Pick<SrvRecordsOptions, 'shape'>>([{ shape: 'simple' }, { shape: 'weighted' }])(
  'srvRecords in the shape $shape',
  ({ shape }) => {
    const servers: Route53Zones[] = []
    beforeAll(async () => {
      await moto.empty()
      servers.push(route53Zones(moto.url), await embeddedRoute53())
    })
    afterAll(() => Promise.all(servers.map((server) => server.close())))

    it('leaves the same records at moto as at ours, after each state of a deployment, and then nothing to do', async () => {
      const zones = await Promise.all(
        servers.map(async (server) => {
          const zoneId = await server.createZone('deployed.example')
          const options = { zoneId, allowance: boundless, ...(shape === undefined ? {} : { shape }) }
          return { server, zoneId, sink: srvRecords({ ...options, client: server.client() }) }
        }),
      )
      for (const state of states) {
        const [theirs, ours] = await Promise.all(
          zones.map(async ({ server, zoneId, sink }) => {
            await reconciledUntilQuiet(sink, state)
            expect((await planned(sink, state)).changes).toEqual([])
            const sets = (await server.recordSets(zoneId)).filter(
              ({ Type = '' }) => !['NS', 'SOA'].includes(Type),
            )
            return sets.map(line).sort()
          }),
        )
        expect(theirs).toEqual(ours)
        expect(ours?.some((each) => each.includes(' SRV '))).toBe(true)
      }
    })
  },
)
