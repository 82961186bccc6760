import type { TargetRecord } from './target-record.js'

interface Balancer {
  readonly loadBalancer?: { readonly servers?: readonly { readonly url: string; readonly weight?: number }[] }
}

interface Service extends Balancer {
  readonly weighted?: { readonly services?: readonly { readonly name: string; readonly weight?: number }[] }
}

interface TraefikDocument {
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

/** A service as a text, with those that it is weighted over. */
const textOf = (name: string, services: Readonly<Record<string, Service>>): string => {
  const service = services[name] ?? {}
  const revisions = (service.weighted?.services ?? []).map((one) => JSON.stringify(services[one.name]))
  return [JSON.stringify(service), ...revisions].join(' over ')
}

const recordOf = (
  name: string,
  text: string,
  services: Readonly<Record<string, Service>>,
  owner: string | undefined,
): TargetRecord => {
  const service = services[name] ?? {}
  const weighted = service.weighted?.services
  return {
    key: `http/services/${name}`,
    backend: name,
    owner,
    servers: new Map(
      weighted === undefined
        ? serversOf(service)
        : weighted.flatMap((one) => serversOf(services[one.name] ?? {}, one.weight ?? 1)),
    ),
    ofOthers: '',
    parts: [text],
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
  const services = http?.services ?? {}
  return new Map(
    Object.keys(services).flatMap((name): readonly (readonly [string, TargetRecord])[] => {
      if (isOfRevision(name)) return []
      const held = before.get(name)
      const text = textOf(name, services)
      const isSame = held?.parts[0] === text && held.owner === meta?.owner
      return [[name, isSame ? held : recordOf(name, text, services, meta?.owner)]]
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
