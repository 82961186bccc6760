import {
  type Change,
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53'
import { describe, expect, it, onTestFinished } from 'vitest'
import { embeddedRoute53, type EmbeddedRoute53Options } from '../../sim/route53/embedded-route53.js'
import { awsLimits } from '../../sim/route53/route53-throttle.js'
import { rejection } from '../support/hosted-zones.js'
import { created, set, upserted } from '../support/record-sets.js'
import { virtualClock } from '../support/virtual-clock.js'

const started = async (options: EmbeddedRoute53Options = {}) => {
  const route53 = await embeddedRoute53({
    zones: [
      { id: 'Z1', name: 'one.example' },
      { id: 'Z2', name: 'two.example' },
    ],
    ...options,
  })
  onTestFinished(() => route53.close())
  const client = route53.client({ maxAttempts: 1 })
  const change = (HostedZoneId: string, ...changes: readonly Change[]) =>
    client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes: [...changes] } }))
  return {
    route53,
    change,
    list: (abortSignal?: AbortSignal) =>
      client.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: 'Z1' }),
        abortSignal === undefined ? {} : { abortSignal },
      ),
  }
}

const address = (name: string) => set(name, 'A', ['10.0.0.1'])
const addresses = (count: number, zone = 'one.example') =>
  Array.from({ length: count }, (_, n) => address(`h${n}.${zone}`))

const names = (sets: readonly { readonly Name?: string | undefined }[]) => sets.map(({ Name }) => Name)

describe('faults', () => {
  it.each([
    ['throttle', { name: 'Throttling', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } }],
    ['busy', { name: 'PriorRequestNotComplete', $metadata: { httpStatusCode: 400 } }],
    ['error500', { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }],
    ['drop', { code: 'ECONNRESET' }],
  ] as const)('refuse a call by %s before anything is done', async (fault, error) => {
    const { route53, change } = await started({ faults: (_, n) => (n === 1 ? fault : 'ok') })
    expect(await rejection(change('Z1', created(address('a.one.example'))))).toMatchObject(error)
    expect(await route53.recordSets('Z1')).toHaveLength(2)
    await change('Z1', created(address('a.one.example')))
    expect(await route53.recordSets('Z1')).toHaveLength(3)
  })

  it('lose an answer after everything is done', async () => {
    const { route53, change } = await started({ faults: () => 'lost-answer' })
    expect(await rejection(change('Z1', created(address('a.one.example'))))).toMatchObject({
      code: 'ECONNRESET',
    })
    expect(names(await route53.recordSets('Z1'))).toContain('a.one.example.')
  })

  it('leave a call unanswered until its client gives up', async () => {
    const controller = new AbortController()
    const { list } = await started({
      faults: () => {
        controller.abort()
        return 'hang'
      },
    })
    expect(await rejection(list(controller.signal))).toMatchObject({ name: 'AbortError' })
  })

  it('concern one operation, are counted by operation, and can be replaced', async () => {
    const { route53, change, list } = await started({
      faults: (operation) => (operation === 'ListResourceRecordSets' ? 'throttle' : 'ok'),
    })
    await rejection(list())
    await change('Z1', created(address('a.one.example')))
    route53.inject(() => 'ok')
    await list()
    expect(Object.fromEntries(route53.calls)).toEqual({
      ListResourceRecordSets: 2,
      ChangeResourceRecordSets: 1,
    })
  })

  it('do not concern the entrance for tests, which is not counted either', async () => {
    const { route53 } = await started({ faults: () => 'throttle' })
    await route53.change('Z1', [created(address('a.one.example'))])
    expect(await route53.recordSets('Z1')).toHaveLength(3)
    expect(route53.calls.size).toBe(0)
  })
})

describe('limits', () => {
  const throttling = { name: 'Throttling', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } }

  it('are 50 requests at once and 10 a second', async () => {
    const clock = virtualClock()
    const { list } = await started({ limits: awsLimits, clock })
    for (let n = 0; n < 50; n++) await list()
    expect(await rejection(list())).toMatchObject(throttling)
    await clock.advance(1000)
    for (let n = 0; n < 10; n++) await list()
    expect(await rejection(list())).toMatchObject(throttling)
    await clock.advance(3_600_000)
    for (let n = 0; n < 50; n++) await list()
    expect(await rejection(list())).toMatchObject(throttling)
  })

  it('are 1,500 changes at once and 100 a second, an UPSERT being two; what is throttled takes none', async () => {
    const clock = virtualClock()
    const { route53, change } = await started({ limits: awsLimits, clock })
    await change('Z1', ...addresses(1000).map(created))
    await change('Z1', ...addresses(200).map(upserted))
    const hundred = addresses(100, 'two.example').map(created)
    expect(await rejection(change('Z2', ...hundred, created(address('x.two.example'))))).toMatchObject(
      throttling,
    )
    await change('Z2', ...hundred)
    expect(await rejection(change('Z2', created(address('x.two.example'))))).toMatchObject(throttling)
    await clock.advance(1000)
    expect(await rejection(change('Z2', ...addresses(51, 'two.example').map(upserted)))).toMatchObject(
      throttling,
    )
    await change('Z2', ...addresses(50, 'two.example').map(upserted))
    expect(await route53.recordSets('Z2')).toHaveLength(102)
  })

  it('are absent by default', async () => {
    const { list } = await started({ clock: virtualClock() })
    for (let n = 0; n < 60; n++) await list()
  })
})

describe('a batch in progress', () => {
  it('makes another one for its zone PriorRequestNotComplete, and none for other zones', async () => {
    const clock = virtualClock()
    const { route53, change } = await started({ clock, processingMs: 500 })
    const first = change('Z1', created(address('a.one.example')))
    await expect.poll(() => clock.sleeping).toBe(1)
    expect(await rejection(change('Z1', created(address('b.one.example'))))).toMatchObject({
      name: 'PriorRequestNotComplete',
      $metadata: { httpStatusCode: 400 },
    })
    const other = change('Z2', created(address('a.two.example')))
    await expect.poll(() => clock.sleeping).toBe(2)
    expect(await route53.recordSets('Z1')).toHaveLength(2)
    await clock.advance(500)
    await Promise.all([first, other])
    expect(names(await route53.recordSets('Z1'))).toContain('a.one.example.')
    const second = change('Z1', created(address('b.one.example')))
    await expect.poll(() => clock.sleeping).toBe(1)
    await clock.advance(500)
    await second
    expect(await route53.recordSets('Z1')).toHaveLength(4)
  })
})
