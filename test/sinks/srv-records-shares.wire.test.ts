import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import type { Address, Backend } from '../../src/core/desired.js'
import { srvRecords } from '../../src/sinks/route53/index.js'
import type { Shape } from '../../src/sinks/route53/record-layout.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { boundless } from '../support/boundless-allowance.js'
import { planned, reconciled } from '../support/reconciled.js'
import { blueGreen, settledBackend, sharedBackend } from '../support/shared-backend.js'
import { ecssdRecord, ZoneOfServices } from '../support/zone-of-services.js'

const name = '_calc._tcp'
const at = (last: number): Address => ({ host: `10.0.0.${last}`, port: 80 })
const [blue, green] = [[at(1), at(2)], [at(9)]]

let route53: EmbeddedRoute53
let zones = 0
beforeAll(async () => {
  route53 = await embeddedRoute53()
})
afterAll(() => route53.close())

const here = async (shape: Shape, adopt: 'none' | 'ecssd' = 'none') => {
  const zone = await ZoneOfServices.create(route53, `shares-${++zones}.test`)
  const sink = srvRecords({
    zoneId: zone.zoneId,
    client: route53.client(),
    allowance: boundless,
    shape,
    adopt,
  })
  const weights = async (): Promise<Readonly<Record<string, number | undefined>>> =>
    Object.fromEntries(
      (await zone.at(`${name}.${zone.zone}`, 'SRV')).flatMap(({ Weight, ResourceRecords = [] }) =>
        ResourceRecords.map(({ Value = '' }) => {
          const [, weight, , target = ''] = Value.split(' ')
          return [target.split('.')[0] ?? '', Weight ?? Number(weight)]
        }),
      ),
    )
  return { zone, sink, weights }
}

const shifted = (percent: number): Backend => blueGreen(name, { blue, green, percent })

describe.each(['simple', 'weighted'] as const)('SRV records in the layout %s', (shape) => {
  it('have the weights of a deployment, step by step, and those without shares before and after', async () => {
    const { sink, weights } = await here(shape)
    await reconciled(sink, backendsOf([backendOf(name, blue)]))
    expect(await weights()).toEqual({ 'ip-10-0-0-1': 1, 'ip-10-0-0-2': 1 })
    await reconciled(sink, backendsOf([shifted(5)]))
    expect(await weights()).toEqual({ 'ip-10-0-0-1': 19, 'ip-10-0-0-2': 19, 'ip-10-0-0-9': 2 })
    expect((await planned(sink, backendsOf([shifted(5)]))).changes).toEqual([])
    await reconciled(sink, backendsOf([shifted(50)]))
    expect(await weights()).toEqual({ 'ip-10-0-0-1': 1, 'ip-10-0-0-2': 1, 'ip-10-0-0-9': 2 })
    await reconciled(sink, backendsOf([settledBackend(name, green)]))
    expect(await weights()).toEqual({ 'ip-10-0-0-9': 1 })
  })

  it('are between deployments as they are without shares', async () => {
    const { sink } = await here(shape)
    await reconciled(sink, backendsOf([settledBackend(name, blue)]))
    expect((await planned(sink, backendsOf([backendOf(name, blue)]))).changes).toEqual([])
  })

  it('give a new revision no more than its share while the others are unknown', async () => {
    const { sink, weights } = await here(shape)
    await reconciled(sink, backendsOf([backendOf(name, blue)]))
    const known = sharedBackend(name, [{ role: 'target', percent: 5, at: green }], { complete: false })
    await reconciled(sink, backendsOf([known]), { complete: false })
    expect(await weights()).toEqual({ 'ip-10-0-0-1': 19, 'ip-10-0-0-2': 19, 'ip-10-0-0-9': 2 })
    expect((await planned(sink, backendsOf([known]), { complete: false })).changes).toEqual([])
  })
})

it('record sets of ecssd keep their weight: by it they are known', async () => {
  const { sink, zone } = await here('weighted', 'ecssd')
  await zone.put(ecssdRecord(`${name}.${zone.zone}.`, at(1)))
  const known = sharedBackend(name, [{ role: 'target', percent: 5, at: green }], { complete: false })
  await reconciled(sink, backendsOf([known]), { complete: false })
  const sets = await zone.at(`${name}.${zone.zone}`, 'SRV')
  expect(sets.find(({ SetIdentifier = '' }) => SetIdentifier.includes('compute.internal'))).toMatchObject({
    Weight: 1,
  })
  expect(sets).toHaveLength(2)
})
