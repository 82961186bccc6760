import { noDefinition, noHost } from '../claim.js'
import { formatAddress, type Unresolved } from '../desired.js'
import { ruledOut } from '../liveness.js'
import type { ExposedPort } from '../policy.js'
import { broken, chained, type ChainLink, type LinkName, ok, waiting } from './chain.js'
import { type ExplainedWorld, optionsOf } from './explained-world.js'
import type { ProjectedTask } from './projected-task.js'
import { endText, todoAfter } from './end-text.js'
import { aboutUnresolved } from './what-to-do.js'

const time = (at: number): string => new Date(at).toISOString()

/** The most ports that one sentence names. */
const namedPorts = 5

const eventLink = ({ task, reported }: ProjectedTask): ChainLink =>
  ok(
    'event',
    `version ${reported.version} of ${time(reported.at)} is known` +
      (task === reported || task.version === reported.version
        ? ''
        : `; the newest snapshot is believed instead, which has version ${task.version}`),
  )

const statusLink = ({ task, reported, mark, liveness }: ProjectedTask, world: ExplainedWorld): ChainLink => {
  const { skewAllowanceMs } = optionsOf(world)
  switch (liveness) {
    case 'live':
    case 'unhealthy':
      return ok('status', 'it is RUNNING, and ECS wants it to run')
    case 'pending':
      return waiting(
        'status',
        `it is ${task.lastStatus}, not RUNNING yet`,
        'wait: it counts when ECS calls it RUNNING; if it stays, look at its events in ECS',
      )
    case 'gone': {
      if (ruledOut(task, mark, skewAllowanceMs) && task.desiredStatus !== 'STOPPED')
        return broken('status', `it is gone: the snapshot of ${time(mark?.at ?? 0)} does not list it`)
      const { end = reported.end } = task
      const because = end === undefined ? '' : `; stopped: ${endText(end)}`
      return broken(
        'status',
        (task.lastStatus === 'RUNNING'
          ? 'it is draining: ECS wants it to stop'
          : `it is gone: ECS calls it ${task.lastStatus}, and wants it ${task.desiredStatus}`) + because,
        todoAfter(end),
      )
    }
  }
}

/** A link of a task that is unresolved: waiting if what is missing will come, or broken until somebody acts. */
export const unresolvedLink = (
  link: LinkName,
  { why, detail }: Pick<Unresolved, 'why' | 'detail'>,
): ChainLink => {
  const todo = aboutUnresolved[why]
  switch (why) {
    case 'lookup-refused':
    case 'name-taken':
    case 'refused':
      return broken(link, detail, todo)
    case 'instance-address':
    case 'task-definition':
    case 'interface-address':
    case 'deployment':
    case 'held':
    case 'health-check':
      return waiting(link, detail, todo)
  }
}

const definitionLink = ({ task, definition, exposure }: ProjectedTask, world: ExplainedWorld): ChainLink => {
  if (exposure._tag === 'NeedsDefinition')
    return unresolvedLink('definition', noDefinition(task, world.state))
  return ok('definition', definition === undefined ? 'not needed' : `${definition.arn} is known`)
}

const portText = ({ backend, container, containerPort, protocol, port }: ExposedPort): string =>
  `${backend} (${container}:${containerPort}/${protocol} at ${port})`

const checkPolicy =
  'check what the policy reads of its running revision: service, ports, labels, variables (“Does the policy offer it?”)'

const policyLink = ({ exposure, ports }: ProjectedTask): ChainLink => {
  switch (exposure._tag) {
    case 'NeedsDefinition':
      return waiting('policy', 'it needs the task definition')
    case 'Refused':
      return unresolvedLink('policy', { why: 'refused', detail: exposure.reason })
    case 'Ports': {
      const { refused = [] } = exposure
      if (ports.length === 0)
        return refused.length === 0
          ? broken('policy', 'the policy offers none of its ports', checkPolicy)
          : unresolvedLink('policy', { why: 'refused', detail: refused.join('; ') })
      const named = ports.slice(0, namedPorts).map(({ port }) => portText(port))
      const others = ports.length > namedPorts ? `, and ${ports.length - namedPorts} more` : ''
      return ok('policy', `the policy offers ${named.join(', ')}${others}`)
    }
  }
}

const addressLink = ({ task, definition, host }: ProjectedTask, world: ExplainedWorld): ChainLink => {
  const address = host?.ipv4 ?? host?.ipv6
  return address === undefined
    ? unresolvedLink('address', noHost(task, definition, world.state))
    : ok('address', `its host is ${address}`)
}

/** The links that all ports of a task share. */
export const taskLinks = (seen: ProjectedTask, world: ExplainedWorld): readonly ChainLink[] =>
  chained([
    ['event', () => eventLink(seen)],
    ['status', () => statusLink(seen, world)],
    ['definition', () => definitionLink(seen, world)],
    ['policy', () => policyLink(seen)],
    ['address', () => addressLink(seen, world)],
  ])

/** The address of a port on the task's host, as text; `undefined` if the host is not known. */
export const addressText = ({ host }: ProjectedTask, port: number): string | undefined => {
  const address = host?.ipv4 ?? host?.ipv6
  return address === undefined ? undefined : formatAddress({ host: address, port })
}
