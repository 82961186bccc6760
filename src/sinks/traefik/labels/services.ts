/** The services that one container's labels define, in whatever task it runs. */
import * as E from 'fp-ts/lib/Either.js'
import type { Protocol } from '../../../core/binding.js'
import type { ContainerDefinition } from '../../../core/task-definition.js'
import { describe } from '../../../shared/codec/decode-error.js'
import { configuresTraefik, decodeLabels, flagOf, type LabelElements } from '../grammar/decode-labels.js'
import { elementKey, partsOfKey } from '../grammar/element.js'
import { encodeLabels } from '../grammar/encode-labels.js'
import { isJsonObject, type JsonObject } from '../../../shared/codec/json.js'
import type { LabelError } from '../grammar/label-tree.js'
import { serviceOfRouter, withLocalReferences } from '../grammar/references.js'
import { backendOfService } from '../elements/service-place.js'
import { testRuleLabel } from '../elements/test-requests.js'
import { namedOf, withDefaults } from './defaults.js'
import { defaultPort } from './port.js'

export interface LabelledService {
  readonly backend: string
  readonly protocol: Protocol
  /** The container's port, or, if it is elsewhere, `at`. */
  readonly containerPort: number
  /** The port of the URL that the labels give instead of the container's own. */
  readonly at: number | undefined
  readonly weight: number | undefined
  /** Canonical labels: the service itself, its routers, and everything they may refer to. */
  readonly labels: Readonly<Record<string, string>>
}

type Section = 'http' | 'tcp' | 'udp'

interface Server {
  readonly containerPort: number
  readonly at: number | undefined
  readonly weight: number | undefined
  /** As in canonical labels. */
  readonly json: JsonObject
}

const schemes = ['http', 'https', 'h2c']

const portOf = (text: string): number | undefined =>
  /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536 ? Number(text) : undefined

const portOfUrl = (text: string): number | undefined => {
  if (!URL.canParse(text)) return undefined
  const { protocol, port } = new URL(text)
  if (!schemes.includes(protocol.slice(0, -1))) return undefined
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

const textIn = (server: JsonObject, key: string): string => {
  const text = server[key]
  return typeof text === 'string' ? text : ''
}

/** The labels that affect whether and how a container is exposed, in order. */
const written = ({ labels }: ContainerDefinition): readonly string[] =>
  Object.keys(labels)
    .filter((label) => configuresTraefik(label) || label.toLowerCase() === 'traefik.enable')
    .sort()

/** Names a label that the user wrote, so that people know where to look. */
const withoutPort = (container: ContainerDefinition, protocol: Protocol, portLabel: string): LabelError => ({
  label: written(container)[0] ?? portLabel,
  expected: `a ${protocol.toUpperCase()} port to expose: a port mapping in the task definition, or the label ${portLabel}`,
  received: 'neither',
})

const serverOf = (
  container: ContainerDefinition,
  section: Section,
  label: string,
  server: JsonObject,
): E.Either<LabelError, Server> => {
  const wrong = (key: string, expected: string) =>
    E.left({ label: `${label}.${key}`, expected, received: describe(server[key]) })
  const { port: _, url: __, scheme: ___, ...settings } = server
  const [port, scheme, url] = ['port', 'scheme', 'url'].map((key) => textIn(server, key))
  const weight = typeof server['weight'] === 'number' ? server['weight'] : undefined
  if (section === 'http' && url !== undefined && url !== '') {
    if (port !== '') return wrong('port', 'none beside a url')
    if (scheme !== '') return wrong('scheme', 'none beside a url')
    const at = portOfUrl(url)
    if (at === undefined) return wrong('url', 'a URL such as http://10.0.0.1:8080')
    return E.right({ containerPort: at, at, weight, json: { ...settings, url } })
  }
  if (section === 'http' && scheme !== undefined && scheme !== '' && !schemes.includes(scheme))
    return wrong('scheme', schemes.join(', '))
  const protocol = section === 'udp' ? 'udp' : 'tcp'
  const containerPort = port === undefined || port === '' ? defaultPort(container, protocol) : portOf(port)
  if (containerPort === undefined)
    return port === undefined || port === ''
      ? E.left(withoutPort(container, protocol, `${label}.port`))
      : wrong('port', 'a port number')
  const json =
    section === 'http' ? { ...settings, scheme: scheme === '' ? 'http' : (scheme ?? 'http') } : settings
  return E.right({ containerPort, at: undefined, weight, json })
}

/**
 * The elements that belong to one service: the service itself, routers that point to it or to a service outside the
 * container, and all elements that are neither services nor routers.
 */
const elementsOf = (elements: LabelElements, key: string, service: JsonObject): LabelElements => {
  const kept = [...elements].filter(([other, element]) => {
    const [, kind] = partsOfKey(other)
    if (kind === 'services') return false
    const target = serviceOfRouter(other, element)
    return target === undefined || target === key || !elements.has(target)
  })
  return new Map([[key, service], ...kept])
}

const servicesIn = (
  container: ContainerDefinition,
  elements: LabelElements,
): E.Either<LabelError, readonly LabelledService[]> => {
  const services: LabelledService[] = []
  for (const section of ['http', 'tcp', 'udp'] as const)
    for (const [service, element] of namedOf(elements, section, 'services')) {
      const label = `traefik.${section}.services.${service}`
      const backend = backendOfService({ section, service })
      if (section === 'http' && /^(tcp|udp)\//.test(service))
        return E.left({
          label,
          expected: 'a name that does not begin with tcp/ or udp/',
          received: describe(service),
        })
      const { loadBalancer } = element
      const { server: given = {}, ...balancer } = isJsonObject(loadBalancer) ? loadBalancer : {}
      const server = serverOf(
        container,
        section,
        `${label}.loadbalancer.server`,
        isJsonObject(given) ? given : {},
      )
      if (E.isLeft(server)) return server
      const { json, ...placed } = server.right
      const canonical = {
        ...element,
        loadBalancer: { ...balancer, ...(Object.keys(json).length === 0 ? {} : { server: json }) },
      }
      services.push({
        backend,
        protocol: section === 'udp' ? 'udp' : 'tcp',
        ...placed,
        labels: encodeLabels(elementsOf(elements, elementKey(section, 'services', service), canonical)),
      })
    }
  return E.right(services)
}

/** What is wrong with which label of which container, for people. */
const reasonOf = (container: string, errors: readonly LabelError[]): string => {
  const shown = errors
    .slice(0, 3)
    .map(({ label, expected, received }) => `${label}: expected ${expected}, got ${received}`)
  const more = errors.length - shown.length
  return `container ${container}: label ${shown.join('; label ')}${more > 0 ? `; and ${more} more` : ''}. Correct it in a new revision of the task definition`
}

const prefixed = (labels: Readonly<Record<string, string>>, prefix: string): readonly string[] =>
  Object.keys(labels).filter((label) => label.toLowerCase().startsWith(prefix))

/** Whether a container's labels expose it; `byDefault` if they do not say. */
export const isEnabled = (
  { name, labels }: ContainerDefinition,
  byDefault: boolean,
): E.Either<string, boolean> => {
  const wrong = (label: string, expected: string, received: string) =>
    E.left(reasonOf(name, [{ label, expected, received }]))
  let enabled = byDefault
  for (const label of [...prefixed(labels, 'traefik.enable'), ...prefixed(labels, 'traefik.ecs.')].sort()) {
    if (!label.startsWith('traefik.') || label.toLowerCase() !== 'traefik.enable')
      return wrong(label, 'traefik.enable', 'a label that Traefik does not know')
    const value = labels[label] ?? ''
    const flag = flagOf(value)
    if (flag === undefined) return wrong(label, 'true or false', describe(value))
    enabled = flag
  }
  return E.right(enabled)
}

/** Labels of Traefik's other providers, and of Traefik v1, which containers may also have. They have no effect here. */
const elsewhere =
  /^traefik\.(?:docker|swarm|nomad|consulcatalog|rancher|marathon|backend|frontend|frontends|domain|port|portindex|protocol|weight|tags)(?:\.|$)/i

/** Warnings about unknown labels that begin like Traefik's or like ours: they are probably misspelled. */
export const unknownLabels = (container: ContainerDefinition): readonly string[] => {
  const labels = Object.keys(container.labels)
  const unknown = labels
    .filter((label) => /^traefik\./i.test(label) && !elsewhere.test(label))
    .filter((label) => !configuresTraefik(label) && !/^traefik\.(?:enable|ecs\.)/i.test(label))
    .sort()
    .map((label) => ({
      label: label.slice(0, 200),
      expected: 'traefik.enable, traefik.http, traefik.tcp, traefik.udp or traefik.tls.stores.default',
      received: 'a label that Traefik does not know, and that has no effect',
    }))
  const ours = labels
    .filter((label) => /^ecs-task-stream\.test\b/i.test(label) && label !== testRuleLabel)
    .sort()
    .map((label) => ({
      label: label.slice(0, 200),
      expected: testRuleLabel,
      received: 'a label that has no effect',
    }))
  const all = [...unknown, ...ours]
  return all.length === 0 ? [] : [reasonOf(container.name, all)]
}

/** The label of the rule for test requests, as the labels of services have it; or why it has no effect. */
const testRuleOf = (
  { labels }: ContainerDefinition,
  elements: LabelElements,
): E.Either<LabelError, Readonly<Record<string, string>>> => {
  const rule = labels[testRuleLabel]
  if (rule === undefined) return E.right({})
  if (rule.trim() === '')
    return E.left({
      label: testRuleLabel,
      expected: 'a rule such as Header(`X-Test`, `1`)',
      received: 'an empty text, which has no effect',
    })
  return namedOf(elements, 'http', 'routers').size === 0
    ? E.left({
        label: testRuleLabel,
        expected: 'an HTTP router whose requests it narrows',
        received: 'none, so that it has no effect',
      })
    : E.right({ [testRuleLabel]: rule })
}

export interface ContainerServices {
  readonly services: readonly LabelledService[]
  /** What is left out, and why. */
  readonly dropped: readonly string[]
}

/** The services of an exposed container, or the reason why there are none. `name`: see `containerName`. */
export const containerServices = (
  container: ContainerDefinition,
  name: string,
  defaultRule: () => string,
): E.Either<string, ContainerServices> => {
  // A sidecar that no label asks to expose: a proxy without ports, an X-Ray agent.
  if (written(container).length === 0 && !container.ports.some(({ protocol }) => protocol === 'tcp'))
    return E.right({ services: [], dropped: [] })
  const wrong = (errors: readonly LabelError[]): string => reasonOf(container.name, errors)
  const decoded = decodeLabels(container.labels)
  if (E.isLeft(decoded)) return E.left(wrong(decoded.left))
  const completed = withDefaults(withLocalReferences(decoded.right), name, defaultRule)
  if (E.isLeft(completed)) return E.left(wrong([completed.left]))
  const { elements, dropped } = completed.right
  const services = servicesIn(container, elements)
  if (E.isLeft(services)) return E.left(wrong([services.left]))
  const test = testRuleOf(container, elements)
  const all = [...dropped, ...(E.isLeft(test) ? [test.left] : [])]
  return E.right({
    services: E.isLeft(test)
      ? services.right
      : services.right.map((service) => ({ ...service, labels: { ...service.labels, ...test.right } })),
    dropped: all.length === 0 ? [] : [wrong(all)],
  })
}
