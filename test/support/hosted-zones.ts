import {
  type Change,
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53'
import { expect } from 'vitest'
import type { Route53Zones } from '../../sim/route53/route53-zones.js'
import { created } from './record-sets.js'

/** A zone for one test. */
export interface TestZone {
  readonly id: string
  /** Without the trailing dot. */
  readonly name: string
  /** The record set with its name, unless that ends with a dot, below the zone's. */
  within(set: ResourceRecordSet): ResourceRecordSet
  /** Sends one batch; rejects if it is refused. */
  change(...changes: readonly Change[]): Promise<unknown>
  page(input?: Partial<ListResourceRecordSetsCommandInput>): Promise<ListResourceRecordSetsCommandOutput>
  /** All pages of this size, each after the one before it. */
  pages(MaxItems: number): Promise<readonly (readonly ResourceRecordSet[])[]>
  /** All record sets but NS and SOA. */
  held(): Promise<readonly ResourceRecordSet[]>
  /** Why the batch is refused, after which the zone is as it was. */
  refusal(...changes: readonly Change[]): Promise<{ readonly name: string; readonly message: string }>
}

/** Makes zones, each with these record sets, which are named within it. */
export const hostedZones = (
  server: Route53Zones,
): ((...sets: readonly ResourceRecordSet[]) => Promise<TestZone>) => {
  const client = server.client({ maxAttempts: 1 })
  let made = 0

  return async (...sets) => {
    const name = `z${++made}.example.com`
    const id = await server.createZone(name)
    const within = (set: ResourceRecordSet) => ({
      ...set,
      Name: set.Name?.endsWith('.') === true ? set.Name : `${set.Name}.${name}`,
    })
    const change = (...changes: readonly Change[]) =>
      client.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Changes: [...changes] } }),
      )
    const page = (input: Partial<ListResourceRecordSetsCommandInput> = {}) =>
      client.send(new ListResourceRecordSetsCommand({ HostedZoneId: id, ...input }))
    if (sets.length > 0) await server.change(id, sets.map(within).map(created))
    return {
      id,
      name,
      within,
      change,
      page,
      pages: async (MaxItems) => {
        const pages: ResourceRecordSet[][] = []
        for (let next: Partial<ListResourceRecordSetsCommandInput> | undefined = {}; next !== undefined;) {
          const shown: ListResourceRecordSetsCommandOutput = await page({ ...next, MaxItems })
          pages.push(shown.ResourceRecordSets ?? [])
          next = shown.IsTruncated === true ? startOf(shown) : undefined
        }
        return pages
      },
      held: async () => (await server.recordSets(id)).filter(({ Type }) => Type !== 'NS' && Type !== 'SOA'),
      refusal: async (...changes) => {
        const before = await server.recordSets(id)
        const { name: code, message } = await rejection(change(...changes))
        expect(await server.recordSets(id)).toEqual(before)
        return { name: code, message }
      },
    }
  }
}

/** Where the page after this one begins. */
const startOf = (page: ListResourceRecordSetsCommandOutput): Partial<ListResourceRecordSetsCommandInput> => ({
  StartRecordName: page.NextRecordName,
  StartRecordType: page.NextRecordType,
  StartRecordIdentifier: page.NextRecordIdentifier,
})

/** What it rejects with. */
export const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it was accepted')
    },
    (error: unknown) => error as Error,
  )

/** How a refused batch looks. */
export const invalidBatch = (...messages: readonly string[]) => ({
  name: 'InvalidChangeBatch',
  message: `[${messages.join(', ')}]`,
})
