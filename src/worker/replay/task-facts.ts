import type { Addresses } from '../../core/addresses.js'
import { lastSegment, type TaskArn } from '../../core/arn.js'
import type { Binding } from '../../core/binding.js'
import type { ClusterState } from '../../core/cluster-state.js'
import { serviceOfTask } from '../../core/deployment.js'
import type { Task } from '../../core/task.js'

/** What is known about a task, as text, by the name of each fact. */
export type TaskFacts = ReadonlyMap<string, string>

/** A fact that one receipt changed; `undefined` means unknown. */
export interface FactChange {
  readonly fact: string
  readonly before: string | undefined
  readonly after: string | undefined
}

const shown = ({ containerPort, hostPort, protocol, count }: Binding): string =>
  `${containerPort}${count > 1 ? `-${containerPort + count - 1}` : ''}/${protocol} at ${hostPort}`

const addresses = ({ ipv4, ipv6 }: Addresses): string | undefined =>
  ipv4 === undefined ? ipv6 : ipv6 === undefined ? ipv4 : `${ipv4} ${ipv6}`

/** What is known about the deployments of the task's service. */
const deploymentOf = (task: Task, { deployments }: ClusterState): string | undefined => {
  const service = serviceOfTask(task)
  const rollout = service === undefined ? undefined : deployments.get(service)?.described?.rollout
  switch (rollout?._tag) {
    case undefined:
      return undefined
    case 'AtOnce':
      return `none in stages: ${rollout.reason}`
    case 'Settled':
      return `none in progress; tasks started by ${rollout.startedBy.join(', ') || 'nothing'} get traffic`
    case 'Shifting': {
      const { deployment, stage, target } = rollout
      return `${lastSegment(deployment)} in stage ${stage}, new revision ${target.production} %`
    }
  }
}

/** Everything that may decide where a task is exposed: its own record and the results of lookups and probes. */
export const taskFacts = (state: ClusterState, arn: TaskArn): TaskFacts => {
  const task = state.tasks.get(arn)
  const facts = new Map<string, string>()
  const know = (fact: string, value: string | undefined): void => {
    if (value !== undefined) facts.set(fact, value)
  }
  if (task !== undefined) {
    know('desired status', task.desiredStatus)
    know('last status', task.lastStatus)
    know('group', task.group)
    know('started by', task.startedBy)
    know('deployment', deploymentOf(task, state))
    know('definition', task.definition === undefined ? undefined : lastSegment(task.definition))
    know('instance', task.instance === undefined ? undefined : lastSegment(task.instance))
    know('health', task.health?.status)
    know('address', task.interface === undefined ? undefined : addresses(task.interface))
    for (const { name, lastStatus, bindings } of task.containers) {
      know(`container ${name}`, lastStatus)
      if (bindings.length > 0) know(`ports of ${name}`, bindings.map(shown).join(', '))
    }
  }
  for (const [instance, described] of state.instances)
    know(`address of instance ${lastSegment(instance)}`, addresses(described.addresses))
  for (const [definition, { containers }] of state.definitions) {
    const ports = containers.flatMap(({ name, ports }) => ports.map((port) => `${name} ${shown(port)}`))
    know(`ports of definition ${lastSegment(definition)}`, ports.join(', ') || 'none')
  }
  for (const [endpoint, { healthy }] of state.health)
    know(`probe of ${endpoint.slice(endpoint.indexOf('#') + 1)}`, healthy ? 'healthy' : 'unhealthy')
  return facts
}

/** The facts that differ, in their order. */
export const factChanges = (before: TaskFacts, after: TaskFacts): readonly FactChange[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .map((fact) => ({ fact, before: before.get(fact), after: after.get(fact) }))
    .filter((change) => change.before !== change.after)
