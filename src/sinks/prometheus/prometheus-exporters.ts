import { OptionError } from '../../core/option-error.js'
import * as E from 'fp-ts/lib/Either.js'
import { lastSegment } from '../../core/arn.js'
import {
  type BackendName,
  type Exposable,
  type ExposedPort,
  exposesNothing,
  type Policy,
} from '../../core/policy.js'
import type { ContainerDefinition, TaskDefinition } from '../../core/task-definition.js'

export interface PrometheusExportersOptions {
  /**
   * Names of the docker labels to read. Default: those of prometheus-ecs-discovery, `PROMETHEUS_EXPORTER_PORT`,
   * `…_SERVER_NAME`, `…_JOB_NAME`, `…_PATH`, `…_SCHEME`.
   */
  readonly portLabel?: string
  readonly serverNameLabel?: string
  readonly jobNameLabel?: string
  readonly pathLabel?: string
  readonly schemeLabel?: string
  /** Only containers with this docker label: `NAME` or `NAME=VALUE`. Default: all. */
  readonly filterLabel?: string
  /**
   * Whether to choose containers by the docker label `PROMETHEUS_DYNAMIC_EXPORT=1` instead of the port label, and to
   * scrape their only mapped port. Default: false.
   */
  readonly dynamicPorts?: boolean
}

type Container = Exposable['containers'][number]

const dynamicLabel = 'PROMETHEUS_DYNAMIC_EXPORT'

/** The default label names, and their common prefix. */
const defaultLabels: readonly string[] = [
  ...['PORT', 'SERVER_NAME', 'JOB_NAME', 'PATH', 'SCHEME'].map((ending) => `PROMETHEUS_EXPORTER_${ending}`),
  dynamicLabel,
]
const likeOurs = /^PROMETHEUS_(?:EXPORTER|DYNAMIC)_/i

/** One name per cluster and ECS group, so that a backend's completeness depends on its own cluster alone. */
const backendOf = ({ cluster, group, definition }: Exposable): BackendName =>
  `${cluster}/${group ?? lastSegment(definition ?? '').replace(/:\d+$/, '')}`

/** Values come from people: shortened when quoted in a reason. */
const quoted = (value: string): string => JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value)

const filterOf = (text: string | undefined): ((labels: ContainerDefinition['labels']) => boolean) => {
  if (text === undefined) return () => true
  const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? []
  if (name === '')
    throw new OptionError(`prometheusExporters: filterLabel: expected NAME or NAME=VALUE, got "${text}"`)
  return (labels) => (value === undefined ? labels[name] !== undefined : labels[name] === value)
}

/** An empty label counts as absent. */
const textOf = (labels: ContainerDefinition['labels'], name: string): string | undefined =>
  labels[name] === '' ? undefined : labels[name]

/** Where a container's port is reached on the task's host. */
const hostPortOf = (
  containerPort: number,
  { bindings }: Container,
  networkMode: TaskDefinition['networkMode'],
): number | undefined => {
  for (const { containerPort: first, hostPort, protocol, count } of bindings)
    if (protocol === 'tcp' && containerPort >= first && containerPort < first + count)
      return hostPort + containerPort - first
  // In other network modes the container has the host's ports or its own interface, so no mapping is needed.
  return networkMode === 'bridge' || networkMode === 'none' ? undefined : containerPort
}

interface Port {
  readonly containerPort: number
  readonly port: number
}

const labelledPort = (
  label: string,
  value: string,
  container: Container,
  { networkMode }: TaskDefinition,
): E.Either<string, Port> => {
  const containerPort = /^\d{1,5}$/.test(value.trim()) ? Number(value) : 0
  if (containerPort < 1 || containerPort > 65_535)
    return E.left(`${label}: expected a container port from 1 to 65535, got ${quoted(value)}`)
  const port = hostPortOf(containerPort, container, networkMode)
  return port === undefined
    ? E.left(`${label} is ${containerPort}, which has no TCP binding on the host: map that container port`)
    : E.right({ containerPort, port })
}

const boundPort = ({ bindings }: Container): E.Either<string, Port> => {
  const [binding, ...others] = bindings
  return binding?.protocol === 'tcp' && binding.count === 1 && others.length === 0
    ? E.right({ containerPort: binding.containerPort, port: binding.hostPort })
    : E.left(
        `${dynamicLabel}=1 needs exactly one binding on the host, of one TCP port: map one, or name it by PROMETHEUS_EXPORTER_PORT`,
      )
}

/** Values that Prometheus would refuse or misread. */
const valueFaults: Readonly<Record<'serverName' | 'path' | 'scheme', readonly [RegExp, string]>> = {
  serverName: [/^([\w.-]+|\[[\da-fA-F:.]+\])$/, 'a host name or an IP address, without a scheme or a port'],
  path: [/^[^\s?#]+$/, 'a path, without a query: parameters belong into the scrape configuration'],
  scheme: [/^https?$/, 'http or https'],
}

/**
 * A policy for Prometheus: exposes what docker labels in task definitions ask for, as prometheus-ecs-discovery reads
 * them. A backend is an ECS group, `<cluster ARN>/<group>`. An invalid label excludes its container and is reported.
 *
 * Needs every task's definition, from `ecs` or `taskDefinitions`. Throws an OptionError for a filter without a name.
 */
export const prometheusExporters = ({
  portLabel = 'PROMETHEUS_EXPORTER_PORT',
  serverNameLabel = 'PROMETHEUS_EXPORTER_SERVER_NAME',
  jobNameLabel = 'PROMETHEUS_EXPORTER_JOB_NAME',
  pathLabel = 'PROMETHEUS_EXPORTER_PATH',
  schemeLabel = 'PROMETHEUS_EXPORTER_SCHEME',
  filterLabel,
  dynamicPorts = false,
}: PrometheusExportersOptions = {}): Policy => {
  const passes = filterOf(filterLabel)

  const known = new Set([
    ...defaultLabels,
    ...[
      portLabel,
      serverNameLabel,
      jobNameLabel,
      pathLabel,
      schemeLabel,
      filterLabel?.split('=', 1)[0] ?? '',
    ],
  ])
  /** Unknown labels with our prefix, which are probably typos. They do not exclude the container. */
  const unknownOf = (container: Container, definition: TaskDefinition): readonly string[] => {
    const labels = definition.containers.find(({ name }) => name === container.name)?.labels ?? {}
    if (!passes(labels)) return []
    return Object.keys(labels)
      .filter((label) => likeOurs.test(label) && !known.has(label))
      .sort()
      .slice(0, 3)
      .map((label) => `label ${quoted(label)} is not known, and has no effect: correct its name or remove it`)
  }

  /** `undefined` for a container that does not ask to be scraped. */
  const exporterOf = (
    container: Container,
    definition: TaskDefinition,
    backend: BackendName,
  ): E.Either<string, ExposedPort> | undefined => {
    const described = definition.containers.find(({ name }) => name === container.name)
    if (described === undefined || !passes(described.labels)) return undefined
    const { labels, image } = described
    const value = labels[portLabel]
    if (dynamicPorts ? labels[dynamicLabel] !== '1' : value === undefined) return undefined
    const port = dynamicPorts
      ? boundPort(container)
      : labelledPort(portLabel, value ?? '', container, definition)
    if (E.isLeft(port)) return port

    const serverName = textOf(labels, serverNameLabel)?.replace(/\/+$/, '')
    const path = textOf(labels, pathLabel)
    const scheme = textOf(labels, schemeLabel)?.toLowerCase()
    const job = textOf(labels, jobNameLabel)
    for (const [label, given, [valid, expected]] of [
      [serverNameLabel, serverName, valueFaults.serverName],
      [pathLabel, path, valueFaults.path],
      [schemeLabel, scheme, valueFaults.scheme],
    ] as const)
      if (given !== undefined && !valid.test(given))
        return E.left(`${label}: expected ${expected}, got ${quoted(given)}`)
    return E.right({
      ...port.right,
      backend,
      container: container.name,
      protocol: 'tcp',
      labels: {
        ...(serverName === undefined ? {} : { __address__: `${serverName}:${port.right.port}` }),
        ...(path === undefined ? {} : { __metrics_path__: path.startsWith('/') ? path : `/${path}` }),
        ...(scheme === undefined ? {} : { __scheme__: scheme }),
        ...(job === undefined ? {} : { job }),
        ...(container.arn === undefined ? {} : { container_arn: container.arn }),
        ...(image === undefined ? {} : { docker_image: image }),
      },
    })
  }

  const expose: Policy['expose'] = (task, definition) => {
    const backend = backendOf(task)
    if (definition === undefined) return { _tag: 'NeedsDefinition', backends: [backend] }
    const ports: ExposedPort[] = []
    const refused: string[] = []
    for (const container of task.containers) {
      for (const unknown of unknownOf(container, definition))
        refused.push(`container "${container.name}": ${unknown}`)
      const exporter = exporterOf(container, definition, backend)
      if (exporter === undefined) continue
      if (E.isRight(exporter)) ports.push(exporter.right)
      else refused.push(`container "${container.name}": ${exporter.left}`)
    }
    return ports.length + refused.length === 0 ? exposesNothing : { _tag: 'Ports', ports, refused }
  }
  return { expose, needs: 'definitions' }
}
