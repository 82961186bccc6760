import { balanced } from '../../src/core/balanced.js'
import { type Address, type Backend, compareAddresses, type Endpoint } from '../../src/core/desired.js'
import { backendOf } from '../../src/testing/backends.js'

/** The endpoints of one revision in a deployment. */
export interface RevisionPart {
  /** Default: `old` for the source, `new` for the target. */
  readonly revision?: string
  readonly role: 'source' | 'target'
  readonly percent: number
  readonly at: readonly Address[]
  /** What its endpoints have besides: labels, weights. */
  readonly endpoint?: Partial<Endpoint>
}

/** A backend whose requests a deployment shares, as a projection makes it. */
export const sharedBackend = (
  name: string,
  parts: readonly RevisionPart[],
  change: Partial<Pick<Backend, 'complete' | 'gone'>> = {},
): Backend => {
  const endpoints = parts.flatMap(({ role, percent, at, endpoint, revision }) =>
    backendOf(name, at).endpoints.map((one): Endpoint => ({
      ...one,
      group: 'service:shop',
      definition: `arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:${role === 'source' ? 7 : 8}`,
      ...endpoint,
      share: { revision: revision ?? (role === 'source' ? 'old' : 'new'), role, percent, weight: 0 },
    })),
  )
  return { ...backendOf(name, [], change), endpoints: balanced(endpoints.sort(compareAddresses)), ...change }
}

/** Blue and green with their shares of production. */
export const blueGreen = (
  name: string,
  {
    blue,
    green,
    percent,
  }: { readonly blue: readonly Address[]; readonly green: readonly Address[]; readonly percent: number },
  change: Partial<Pick<Backend, 'complete' | 'gone'>> & { readonly endpoint?: Partial<Endpoint> } = {},
): Backend => {
  const { endpoint = {}, ...rest } = change
  return sharedBackend(
    name,
    [
      { role: 'source', percent: 100 - percent, at: blue, endpoint },
      { role: 'target', percent, at: green, endpoint },
    ],
    rest,
  )
}

/** The service between deployments. */
export const settledBackend = (name: string, at: readonly Address[]): Backend =>
  sharedBackend(name, [{ revision: '', role: 'source', percent: 100, at }])
