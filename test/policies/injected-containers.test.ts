import { deepStrictEqual, ok } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { hasInjectedName, withoutInjected } from '../../src/core/injected-container.js'
import { project } from '../../src/core/project.js'
import type { ContainerDefinition, TaskDefinition } from '../../src/core/task-definition.js'
import type { Container, Task } from '../../src/core/task.js'
import { containerPorts } from '../../src/policies/container-ports.js'
import { prometheusExporters } from '../../src/sinks/prometheus/prometheus-exporters.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { srvNames } from '../../src/sinks/route53/names/srv-names.js'
import { traefikLabels } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { desiredContents, fold } from '../laws/observed.js'
import { holdsInHistories, refutation } from '../laws/holds.js'
import { cluster, observed } from '../support/observed-task.js'

const bound = (name: string, containerPort: number, hostPort: number, lastStatus = 'RUNNING'): Container => ({
  name,
  arn: undefined,
  version: 3,
  lastStatus,
  runtimeId: undefined,
  bindingsVersion: 3,
  bindings: [{ containerPort, hostPort, protocol: 'tcp', count: 1 }],
})

const defined = (
  name: string,
  containerPort: number,
  more: Partial<ContainerDefinition> = {},
): ContainerDefinition => ({
  name,
  image: `${name}:1`,
  ports: [{ containerPort, hostPort: 0, protocol: 'tcp', count: 1 }],
  labels: {},
  environment: {},
  ...more,
})

const orders = (...containers: readonly Container[]): Task => ({
  ...observed({ id: '1', service: 'orders' }),
  definition: 'orders:1',
  containers: containers.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
})

const definition = (...containers: readonly ContainerDefinition[]): TaskDefinition => ({
  arn: 'orders:1',
  networkMode: 'bridge',
  containers,
})

/** By backend: the ports that are offered. */
const offered = (expose: Policy, task: Task, described?: TaskDefinition) => {
  const events: ClusterEvent[] = [{ _tag: 'TasksListed', cluster, at: 10_000, tasks: [task] }]
  if (described !== undefined) events.push({ _tag: 'DefinitionDescribed', definition: described })
  const { backends, complete, unresolved } = project(fold(events), { expose, covers: [cluster] })
  deepStrictEqual([complete, [...unresolved]], [true, []])
  return Object.fromEntries(
    [...backends].map(([name, { endpoints }]) => [name, endpoints.map(({ port }) => port)]),
  )
}

const app = bound('app', 50_051, 32_771)
const proxy = bound('ecs-service-connect-aB3dE', 15_000, 32_770)
const agents = [
  bound('aws-guardduty-agent-7xYz', 1, 32_772, 'STOPPED'),
  bound('~internal~ecs~pause', 2, 32_773),
]

describe('containers that AWS adds to a task', () => {
  it('are not offered, whether its definition is known or not', () => {
    const task = orders(app, proxy, ...agents)
    for (const described of [undefined, definition(defined('app', 50_051))]) {
      deepStrictEqual(offered(servicePorts(), task, described), { orders: [32_771] })
      deepStrictEqual(offered(servicePorts({ ports: 'all' }), task, described), { orders: [32_771] })
      deepStrictEqual(
        offered(containerPorts({ container: proxy.name, of: { service: 'orders' } }), task, described),
        {},
      )
    }
    const labels = { PROMETHEUS_EXPORTER_PORT: '50051' }
    const known = definition(
      defined('app', 50_051, { labels, environment: { SERVICE_50051_NAME: '_o._tcp' } }),
    )
    deepStrictEqual(offered(traefikLabels(), task, known), { 'service-orders-app': [32_771] })
    deepStrictEqual(offered(srvNames(), task, known), { '_o._tcp': [32_771] })
    deepStrictEqual(
      offered(srvNames({ template: '{container}' }), task, definition(defined('app', 50_051))),
      {
        app: [32_771],
      },
    )
    deepStrictEqual(offered(prometheusExporters(), task, known), { [`${cluster}/service:orders`]: [32_771] })
  })

  it('are those, whatever they are called, that the definition does not have', () => {
    const stranger = bound('telemetry', 1, 32_774)
    const task = orders(app, stranger)
    const all = servicePorts({ ports: 'all' })
    deepStrictEqual(offered(all, task, definition(defined('app', 50_051))), { orders: [32_771] })
    deepStrictEqual(offered(all, task, definition(defined('app', 50_051), defined('telemetry', 1))), {
      orders: [32_774],
      'orders-app-50051': [32_771],
    })
  })

  it('are the user’s if the definition has them with an image', () => {
    const task = orders(app, proxy)
    const all = servicePorts({ ports: 'all' })
    deepStrictEqual(offered(all, task, definition(defined('app', 50_051), defined(proxy.name, 15_000))), {
      orders: [32_770],
      [`orders-app-50051`]: [32_771],
    })
    const added = defined(proxy.name, 15_000, { image: undefined })
    deepStrictEqual(offered(all, task, definition(defined('app', 50_051), added)), { orders: [32_771] })
  })

  it('are shown to a policy that asks for it', () => {
    const shown = { ...servicePorts({ ports: 'all' }), injected: 'shown' } as const
    deepStrictEqual(offered(shown, orders(app, proxy)), { orders: [32_770], 'orders-app-50051': [32_771] })
  })

  it('have a prefix and something after it', () => {
    const names = ['ecs-service-connect-x', 'aws-guardduty-agent-x', '~internal~ecs~pause']
    deepStrictEqual(names.filter(hasInjectedName), names)
    deepStrictEqual(
      ['ecs-service-connect', 'ecs-service-connect-', 'my-ecs-service-connect-x', 'guardduty', ''].filter(
        hasInjectedName,
      ),
      [],
    )
  })

  it('cost nothing where a task has none of them: the task and its definition are the same objects', () => {
    const task = orders(app)
    const described = definition(defined('app', 50_051))
    for (const of of [undefined, described]) {
      const [seen, known] = withoutInjected(task, of)
      ok(seen === task && known === of)
    }
  })
})

const statuses = ['PENDING', 'RUNNING', 'STOPPED']
const injected = fc.array(
  fc.record({
    name: fc.constantFrom('ecs-service-connect-a', 'aws-guardduty-agent-a', '~internal~ecs~pause'),
    port: fc.constantFrom(80, 8080, 15_000),
    status: fc.constantFrom(...statuses),
  }),
  { minLength: 1, maxLength: 3 },
)

/** The same events, with containers that AWS has added to every task. */
const withInjected = (
  events: readonly ClusterEvent[],
  added: readonly { readonly name: string; readonly port: number; readonly status: string }[],
): readonly ClusterEvent[] => {
  const taskWith = (task: Task): Task => {
    const names = new Map(task.containers.map((container) => [container.name, container]))
    for (const { name, port, status } of added) {
      const container = bound(name, port, port + 30_000, status)
      names.set(name, { ...container, version: task.version, bindingsVersion: task.version })
    }
    return { ...task, containers: [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }
  }
  return events.map((event) => {
    switch (event._tag) {
      case 'TaskChanged':
        return { ...event, task: taskWith(event.task) }
      case 'TasksListed':
        return { ...event, tasks: event.tasks.map(taskWith) }
      case 'InstanceDescribed':
      case 'DefinitionDescribed':
      case 'HealthObserved':
      case 'ClusterIdentified':
      case 'LookupRefused':
      case 'LogRead':
      case 'DeploymentAnnounced':
      case 'DeploymentDescribed':
        return event
    }
  })
}

const policies: Readonly<Record<string, Policy>> = {
  'the primary port': servicePorts(),
  'all ports': servicePorts({ ports: 'all' }),
  labels: traefikLabels(),
  'a template': srvNames({ template: '{container}-{port}' }),
}

describe('whatever happens to a cluster', () => {
  const cases = fc.record({
    policy: fc.constantFrom(...Object.keys(policies)),
    history: histories(),
    added: injected,
  })
  const difference = (injected: 'hidden' | 'shown') =>
    fc.property(cases, ({ policy, history: { events, closing }, added }) => {
      const told = [...events, ...closing]
      const base = policies[policy]!
      const expose: Policy = { ...base, injected }
      const desired = (all: readonly ClusterEvent[]) =>
        desiredContents(project(fold(all), { expose, covers: modelledClusters }))
      ok(isDeepStrictEqual(desired(withInjected(told, added)), desired(told)))
    })

  it('containers that AWS adds make no difference to what is desired', () => {
    holdsInHistories(difference('hidden'))
  })

  it('and they do, where a policy is shown them: the law can fail', () => {
    ok(fc.check(difference('shown'), refutation).failed)
  })
})

describe('a managed daemon', () => {
  const arn = 'arn:aws:ecs:eu-west-1:123456789012:daemon-task-definition/log-agent:2'
  const daemon: Task = {
    ...observed({ id: '2' }),
    group: 'daemon:log-agent',
    definition: arn,
    launchType: 'MANAGED_INSTANCES',
    containers: [{ ...bound('log-agent', 1, 1), bindings: [], bindingsVersion: -1 }],
  }
  const all: Readonly<Record<string, Policy>> = {
    ...policies,
    variables: srvNames(),
    exporters: prometheusExporters(),
    'ports of a family': containerPorts({ container: 'log-agent', of: { family: 'log-agent' } }),
    'a name for everything': servicePorts({ name: ({ group }) => group }),
  }

  it.each(Object.keys(all))('offers nothing, and leaves all known: %s', (policy) => {
    deepStrictEqual(offered(all[policy]!, daemon), {})
    deepStrictEqual(offered(all[policy]!, { ...daemon, definition: undefined }), {})
    const bridged = { ...daemon, containers: [bound('log-agent', 80, 32_775)] }
    deepStrictEqual(offered(all[policy]!, bridged), {})
  })

  it('is one by its definition: the group of a task may be any text', () => {
    const task = { ...orders(app), group: 'daemon:orders' }
    const named = servicePorts({ name: ({ group }) => group })
    deepStrictEqual(offered(named, task), { 'daemon:orders': [32_771] })
  })
})
