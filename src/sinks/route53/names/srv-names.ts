import * as E from 'fp-ts/lib/Either.js'
import { lastSegment } from '../../../core/arn.js'
import type { Protocol } from '../../../core/binding.js'
import { type Exposable, type ExposedPort, type Policy, type Exposure } from '../../../core/policy.js'
import { canonicalName } from '../canonical-name.js'
import type { TaskDefinition } from '../../../core/task-definition.js'
import { serviceOf } from '../../../core/service-of.js'
import { type SrvTemplate, srvTemplate } from './template.js'
import { type SrvVariable, srvVariableFaults, srvVariables, type SrvVariablesFrom } from './variables.js'
import { type TaskPort, taskPorts } from '../../../policies/task-ports.js'

export interface SrvNamesOptions {
  /**
   * Where to read the variables: `environment`, docker `labels`, or `both` (default). If both have a variable, the
   * label wins, as in registrator.
   */
  readonly from?: SrvVariablesFrom
  /**
   * A template of names for ports of tasks whose definition has no such variable, such as `_{service}._{protocol}`. The
   * fields are `{service}`, `{container}`, `{port}` (the container port), `{protocol}` (`tcp` or `udp`) and `{cluster}`
   * (its name). A template with `{service}` skips tasks that no service started. If several ports of a task get the
   * same name, one of them has it: that of the container that the service is registered with, else a TCP port before a
   * UDP port, else the lowest container port. A name with `_tcp` or `_udp` only applies to ports of that protocol. Port
   * ranges are skipped. Default: no template; tasks without variables are skipped.
   */
  readonly template?: string | undefined
}

/** A port with its name, or the reason why it has none. */
type Named = E.Either<string, ExposedPort>

type Port = Omit<ExposedPort, 'backend'>

/** The names in a definition, and what was probably meant as one but is invalid. */
interface Variables {
  readonly variables: readonly SrvVariable[]
  readonly faults: readonly string[]
}

/** The protocol in a name: `_calc._tcp` is TCP; `portal` may be either. */
const protocolOf = (name: string): Protocol | undefined => {
  const labels = name.split('.')
  return labels.includes('_tcp') ? 'tcp' : labels.includes('_udp') ? 'udp' : undefined
}

const nameOf = (text: string): E.Either<string, string> =>
  text.endsWith('.')
    ? E.left('it ends with a dot, which makes it absolute: leave it out, the zone is added to the name')
    : canonicalName(text)

/** Port `containerPort` of a binding, which may be a range. */
const portAt = ({ container, binding }: TaskPort, containerPort: number): readonly Port[] => {
  const offset = containerPort - binding.containerPort
  return offset < 0 || offset >= binding.count
    ? []
    : [{ container, containerPort, port: binding.hostPort + offset, protocol: binding.protocol }]
}

/** The port that a variable names. If the name does not say and both protocols exist: TCP. */
const byVariable = (
  ports: readonly TaskPort[],
  { container, containerPort, variable, name }: SrvVariable,
): Named => {
  // Values end up in logs: of a value pasted by mistake, a short part shows what is wrong.
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
  const origin = `${variable}=${shown} of container ${container}`
  const valid = nameOf(name)
  if (E.isLeft(valid)) return E.left(`${origin}: expected a DNS name such as _web._tcp, and ${valid.left}`)
  const backend = valid.right
  const wanted = protocolOf(backend)
  const found = ports
    .filter((port) => port.container === container)
    .flatMap((port) => portAt(port, containerPort))
    .filter(({ protocol }) => wanted === undefined || protocol === wanted)
  const port = found.find(({ protocol }) => protocol === 'tcp') ?? found[0]
  return port === undefined
    ? E.left(
        `${origin}: the container has no ${wanted ?? 'TCP or UDP'} port ${containerPort}: add it to the portMappings ` +
          `of the task definition, or correct the variable`,
      )
    : E.right({ backend, ...port })
}

const byTemplate = (ports: readonly TaskPort[], task: Exposable, fill: SrvTemplate): readonly Named[] => {
  const service = serviceOf(task)
  const cluster = lastSegment(task.cluster)
  const rank = (container: string): number => (container === service ? 0 : 1)
  const taken = new Set<string>()
  return ports
    .filter(({ binding }) => binding.count === 1)
    .flatMap((port) => portAt(port, port.binding.containerPort))
    .sort(
      (a, b) =>
        rank(a.container) - rank(b.container) ||
        // Sidecars have UDP ports, such as 2000 and 8125.
        (a.protocol === b.protocol ? 0 : a.protocol === 'tcp' ? -1 : 1) ||
        a.containerPort - b.containerPort ||
        (a.container < b.container ? -1 : 1),
    )
    .flatMap((port): readonly Named[] => {
      const { container, containerPort, protocol } = port
      const name = fill({ service, container, port: containerPort, protocol, cluster })?.toLowerCase()
      if (name === undefined || taken.has(name) || (protocolOf(name) ?? protocol) !== protocol) return []
      taken.add(name)
      const valid = nameOf(name)
      return [
        E.isLeft(valid)
          ? E.left(`port ${containerPort} of container ${container}: no name by the template, ${valid.left}`)
          : E.right({ backend: valid.right, ...port }),
      ]
    })
}

const exposureOf = (named: readonly Named[]): Exposure => {
  const ports = named.flatMap((one) => (E.isRight(one) ? [one.right] : []))
  const refused = named.flatMap((one) => (E.isLeft(one) ? [one.left] : []))
  if (refused.length === 0) return { _tag: 'Ports', ports }
  return ports.length === 0
    ? { _tag: 'Refused', reason: refused.join('; ') }
    : { _tag: 'Ports', ports, refused }
}

/**
 * A policy for DNS. `SERVICE_<container port>_NAME=<name>` of a container, in its environment or docker labels, exposes
 * that port under the name, in lower case and relative to the target's zone. The name is usually `_<service>._tcp` or
 * `_<service>._udp`, which also sets the port's protocol, but may be any other DNS name. Services and clusters with the
 * same name share it. An invalid variable is reported, and the others still apply.
 *
 * Needs every task's definition, from `ecs` or `taskDefinitions`. Throws if the template cannot produce a valid name.
 */
export const srvNames = ({ from = 'both', template }: SrvNamesOptions = {}): Policy => {
  const fill = template === undefined ? undefined : srvTemplate(template)
  /** Cached by definition: definitions are immutable, and many tasks share one. */
  const read = new WeakMap<TaskDefinition, Variables>()
  const variablesOf = (definition: TaskDefinition): Variables => {
    const known = read.get(definition)
    if (known !== undefined) return known
    const entry = { variables: srvVariables(definition, from), faults: srvVariableFaults(definition, from) }
    read.set(definition, entry)
    return entry
  }
  const expose: Policy['expose'] = (task, definition) => {
    if (definition === undefined) return { _tag: 'NeedsDefinition', backends: 'any' }
    const { variables, faults } = variablesOf(definition)
    if (variables.length + faults.length === 0 && fill === undefined) return { _tag: 'Ports', ports: [] }
    const ports = taskPorts(task, definition) ?? []
    const named =
      variables.length > 0 || fill === undefined
        ? variables.map((variable) => byVariable(ports, variable))
        : byTemplate(ports, task, fill)
    return exposureOf([...named, ...faults.map((fault) => E.left(fault))])
  }
  return { expose, pooled: true, needs: 'definitions' }
}
