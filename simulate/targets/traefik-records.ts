import { canonicalText, isJson } from '../../src/shared/codec/json.js'
import type { TargetRecord } from './target-record.js'

interface Balancer {
  readonly loadBalancer?: { readonly servers?: readonly { readonly url: string; readonly weight?: number }[] }
}

interface Service extends Balancer {
  readonly weighted?: { readonly services?: readonly { readonly name: string; readonly weight?: number }[] }
}

export interface TraefikDocument {
  readonly _meta?: { readonly owner?: string }
  readonly http?: { readonly services?: Readonly<Record<string, Service>> }
}

/** The service of one revision, over which another is weighted. */
const isOfRevision = (name: string): boolean => /_ecs-task-stream_[0-9a-f]{16}$/.test(name)

/** The weights of the servers of a load balancer, which have `share` of the requests together. */
const serversOf = ({ loadBalancer }: Balancer, share?: number): readonly (readonly [string, number])[] => {
  const servers = loadBalancer?.servers ?? []
  const total = servers.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return servers.map(({ url, weight = 1 }) => [
    url.replace(/^https?:\/\//, ''),
    share === undefined ? weight : (weight * share) / total,
  ])
}

/** An element as a text: equal texts for what a sink takes for equal. */
export const partOf = (key: string, element: unknown): string =>
  `${key} ${isJson(element) ? canonicalText(element) : ''}`

/** The key of the record that an element belongs to: the service of a revision is of that which is weighted over it. */
export const recordKey = (key: string): string => key.replace(/_ecs-task-stream_[0-9a-f]{16}$/, '')

const keyOf = (name: string): string => `http/services/${name}`

/** A service, and those that it is weighted over. */
const partsOf = (name: string, services: Readonly<Record<string, Service>>): readonly string[] =>
  [name, ...(services[name]?.weighted?.services ?? []).map((one) => one.name)].map((one) =>
    partOf(keyOf(one), services[one]),
  )

const isSame = (
  held: TargetRecord | undefined,
  parts: readonly string[],
  owner: string | undefined,
): held is TargetRecord =>
  held?.owner === owner &&
  held?.parts.length === parts.length &&
  parts.every((one, i) => one === held.parts[i])

const recordOf = (
  name: string,
  parts: readonly string[],
  services: Readonly<Record<string, Service>>,
  owner: string | undefined,
): TargetRecord => {
  const service = services[name] ?? {}
  const weighted = service.weighted?.services
  return {
    key: keyOf(name),
    backend: name,
    owner,
    servers: new Map(
      weighted === undefined
        ? serversOf(service)
        : weighted.flatMap((one) => serversOf(services[one.name] ?? {}, one.weight ?? 1)),
    ),
    ofOthers: '',
    parts,
  }
}

/**
 * The services of a document of Traefik's, by name. Those of `before` that did not change are the same objects. Throws
 * for what is no whole document.
 */
export const recordsIn = (
  document: string,
  before: ReadonlyMap<string, TargetRecord>,
): ReadonlyMap<string, TargetRecord> => {
  const { _meta: meta, http } = JSON.parse(document) as TraefikDocument
  const owner = meta === undefined ? undefined : (meta.owner ?? 'nobody, so others')
  const services = http?.services ?? {}
  return new Map(
    Object.keys(services).flatMap((name): readonly (readonly [string, TargetRecord])[] => {
      if (isOfRevision(name)) return []
      const held = before.get(name)
      const parts = partsOf(name, services)
      return [[name, isSame(held, parts, owner) ? held : recordOf(name, parts, services, owner)]]
    }),
  )
}

/** What differs between two documents. */
export const changesBetween = (
  before: ReadonlyMap<string, TargetRecord>,
  after: ReadonlyMap<string, TargetRecord>,
): readonly { readonly before: TargetRecord | undefined; readonly after: TargetRecord | undefined }[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    return was === is ? [] : [{ before: was, after: is }]
  })
