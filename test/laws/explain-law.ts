/** What an explanation must say, as properties of an implementation: of ours they hold, of wrong ones they do not. */
import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { exposureOf } from '../../src/core/claim.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { type Desired, formatAddress } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { ExplainedWorld } from '../../src/core/explain/explained-world.js'
import { explainedTarget } from '../../src/core/explain/explained-target.js'
import type { TaskExplanation } from '../../src/core/explain/task-explanation.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../src/core/liveness.js'
import type { BackendName, Policy } from '../../src/core/policy.js'
import { project, type ProjectOptions } from '../../src/core/project.js'
import type { Row } from '../../src/core/sink.js'
import type { Task } from '../../src/core/task.js'
import type { TaskDefinition } from '../../src/core/task-definition.js'
import { trafficOf } from '../../src/core/traffic.js'
import { containerPorts } from '../../src/policies/container-ports.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { prometheusExporters } from '../../src/sinks/prometheus/prometheus-exporters.js'
import { memory } from '../../src/sinks/memory.js'
import { srvNames } from '../../src/sinks/route53/names/srv-names.js'
import { traefikLabels } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { fold } from './observed.js'

/** Definitions that say something to every policy. */
const labelled = (definition: TaskDefinition): TaskDefinition => ({
  ...definition,
  containers: definition.containers.map((container, i) => {
    const port = container.ports[0]?.containerPort ?? 1
    return {
      ...container,
      healthCheck: i === 0,
      labels: { 'traefik.enable': 'true', PROMETHEUS_EXPORTER_PORT: String(port) },
      environment: { [`SERVICE_${port}_NAME`]: '_one._tcp' },
    }
  }),
})

const policies: fc.Arbitrary<Policy> = fc.constantFrom(
  servicePorts(),
  servicePorts({ name: () => 'one' }),
  deployments(servicePorts()),
  deployments(servicePorts({ name: () => 'one' })),
  containerPorts({ container: 'app', of: { service: 'api' } }),
  traefikLabels(),
  deployments(traefikLabels()),
  srvNames(),
  prometheusExporters(),
)

const owner = 'ours'

/** How far the target lags behind, and what others did to it. */
interface Target {
  readonly lag: number
  readonly owners: readonly ('ours' | 'theirs' | undefined | 'none')[]
}

const rowsOf = ({ backends }: Desired, owners: Target['owners']): readonly Row<readonly string[]>[] =>
  [...backends.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, endpoints }, i) => {
      const whose = owners[i % owners.length]
      return whose === 'none'
        ? []
        : [{ key: name, value: endpoints.map(formatAddress).sort(), owner: whose, etag: undefined }]
    })

/** What happens to an answer of a lookup on its way. */
type Fate = 'comes' | 'is missing' | 'is refused'

const answered = (event: ClusterEvent, fate: Fate): readonly ClusterEvent[] => {
  if (event._tag !== 'DefinitionDescribed' && event._tag !== 'InstanceDescribed') return [event]
  const key = event._tag === 'DefinitionDescribed' ? event.definition.arn : event.instance
  switch (fate) {
    case 'comes':
      return [
        event._tag === 'DefinitionDescribed' ? { ...event, definition: labelled(event.definition) } : event,
      ]
    case 'is missing':
      return []
    case 'is refused':
      return [{ _tag: 'LookupRefused', key, at: 1, reason: 'AccessDenied' }]
  }
}

const fates: fc.Arbitrary<readonly Fate[]> = fc.array(
  fc.constantFrom<Fate>('comes', 'comes', 'comes', 'is missing', 'is refused'),
  { minLength: 1, maxLength: 6 },
)

/** Worlds at any moment of any history, under any policy, with a target that lags behind and that others write to. */
export const explainedWorlds: fc.Arbitrary<ExplainedWorld> = histories({ maxLength: 25 }).chain(
  ({ events, lookups, descriptions, end }) =>
    fc
      .record({
        until: fc.nat(events.length),
        isWhole: fc.boolean(),
        fates,
        expose: policies,
        unhealthy: fc.constantFrom('leave-out' as const, 'keep-the-last' as const),
        healthChecks: fc.constantFrom('advisory' as const, 'advisory' as const, 'required' as const),
        target: fc.record({
          lag: fc.constantFrom(0, 0, 0, 5, 1_000),
          owners: fc.array(
            fc.constantFrom(
              'ours' as const,
              'ours' as const,
              'ours' as const,
              'theirs' as const,
              undefined,
              'none' as const,
            ),
            {
              minLength: 1,
              maxLength: 3,
            },
          ),
        }),
      })
      .map(({ until, isWhole, fates, expose, unhealthy, healthChecks, target }): ExplainedWorld => {
        const seen = [
          ...(isWhole ? events : events.slice(0, until)),
          ...lookups,
          ...(isWhole ? descriptions : []),
        ].flatMap((event, i) => answered(event, fates[i % fates.length] ?? 'comes'))
        const state = fold(seen)
        const options: ProjectOptions = { expose, covers: modelledClusters, unhealthy, healthChecks }
        const desired = project(state, options)
        const before = project(fold(seen.slice(0, Math.max(0, seen.length - target.lag))), options)
        const sink = memory({ adopt: false })
        const rows = rowsOf(target.lag === 0 ? desired : before, target.owners)
        return {
          state,
          options,
          desired,
          targets: [explainedTarget(sink, rows, desired, { owner, pruneGuard: 'off' })],
          now: end,
        }
      }),
)

/** Explains one task. */
export type Explainer = (world: ExplainedWorld, task: Task) => TaskExplanation

/** The endpoints that a task should have, by the policy and the deployment alone. */
const wantedOf = (
  task: Task,
  { state, options: { expose } }: ExplainedWorld,
): readonly { readonly backend: BackendName; readonly id: string }[] | undefined => {
  const exposure = exposureOf(expose, task, state.definitions.get(task.definition ?? ''))
  if (exposure._tag !== 'Ports' || (exposure.refused ?? []).length > 0) return undefined
  const traffic = expose.deployments === undefined ? undefined : trafficOf(task, state)
  const isTested = traffic?._tag === 'Share' && traffic.test > 0
  return exposure.ports.flatMap(({ backend, container, containerPort, protocol }) => {
    const id = `${task.arn}#${container}:${containerPort}/${protocol}`
    const test = expose.deployments?.testBackend(backend)
    return [{ backend, id }, ...(isTested && test !== undefined ? [{ backend: test, id }] : [])]
  })
}

const isRouted = (task: Task, world: ExplainedWorld): boolean => {
  const wanted = wantedOf(task, world)
  if (wanted === undefined || wanted.length === 0) return false
  const [target] = world.targets
  if (target?._tag !== 'Read') return false
  return wanted.every(({ backend, id }) => {
    const endpoint = world.desired.backends.get(backend)?.endpoints.find((each) => each.id === id)
    return (
      endpoint !== undefined && target.records.get(backend)?.held?.includes(formatAddress(endpoint)) === true
    )
  })
}

const liveTasks = ({ state }: ExplainedWorld): readonly Task[] =>
  [...state.tasks.values()].flatMap((reported) => {
    const mark = state.marks.get(reported.cluster)
    const task = believed(reported, mark, defaultSkewAllowanceMs)
    const liveness = livenessOf(task, mark, defaultSkewAllowanceMs)
    return liveness === 'live' || liveness === 'unhealthy' ? [task] : []
  })

const allLinks = ({ links, ports, refused }: TaskExplanation) => [
  ...links,
  ...refused,
  ...ports.flatMap((port) => [...port.links, ...port.targets.flatMap((target) => target.links)]),
]

/** All is `ok` exactly if each endpoint of the task is desired, and in the target. */
export const okIfRouted = (explains: Explainer) =>
  fc.property(explainedWorlds, (world) => {
    for (const task of liveTasks(world)) {
      const explanation = explains(world, task)
      const all = allLinks(explanation).every(({ state }) => state === 'ok')
      deepStrictEqual({ task: task.arn, all }, { task: task.arn, all: isRouted(task, world) })
      deepStrictEqual(explanation.firstBreak === undefined, all)
    }
  })

const nothingAfterABreak = (links: readonly { readonly state: string }[]): boolean => {
  const at = links.findIndex(({ state }) => state !== 'ok')
  return at < 0 || links.slice(at + 1).every(({ state }) => state === 'unknown')
}

/** After a link that is not `ok`, nothing that needs it is said to be so. */
export const orderIsKept = (explains: Explainer) =>
  fc.property(explainedWorlds, (world) => {
    for (const task of world.state.tasks.values()) {
      const { links, ports } = explains(world, task)
      ok(nothingAfterABreak(links), task.arn)
      for (const port of ports) {
        ok(nothingAfterABreak([...links, ...port.links]), task.arn)
        for (const target of port.targets)
          ok(nothingAfterABreak([...links, ...port.links, ...target.links]), task.arn)
      }
    }
  })

export const withState = (world: ExplainedWorld, change: Partial<ClusterState>): ExplainedWorld => ({
  ...world,
  state: { ...world.state, ...change },
})
