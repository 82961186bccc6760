import { lastSegment, longArn } from '../arn.js'
import { hostOf } from '../claim.js'
import { serviceOf } from '../service-of.js'
import type { Task } from '../task.js'
import type { ExplainedWorld } from './explained-world.js'
import { projectedTask } from './projected-task.js'

/** The fewest characters of an id that stand for the whole. */
export const shortestPrefix = 6

/** An address as people write it: a host, and a port if they know it. */
export interface AskedAddress {
  readonly host: string
  readonly port: number | undefined
}

const ipv4Form = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/
const bracketForm = /^\[([0-9a-f:.]+)\](?::(\d{1,5}))?$/i
const ipv6Form = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i

/** The address that a question is; `undefined` if it is none. */
export const askedAddress = (question: string): AskedAddress | undefined => {
  const [, host, port] = ipv4Form.exec(question) ?? bracketForm.exec(question) ?? []
  if (host !== undefined) return { host, port: port === undefined ? undefined : Number(port) }
  return ipv6Form.test(question) ? { host: question, port: undefined } : undefined
}

const isId = (id: string, question: string): boolean =>
  id === question || (question.length >= shortestPrefix && id.startsWith(question))

const isTask = ({ arn, cluster }: Task, question: string): boolean =>
  arn === longArn(question, cluster) ||
  isId(lastSegment(arn), question) ||
  `${lastSegment(cluster)}/${lastSegment(arn)}` === question

const isContainer = ({ containers }: Task, question: string): boolean =>
  containers.some(
    ({ name, arn, runtimeId }) =>
      name === question ||
      arn === question ||
      (arn !== undefined && isId(lastSegment(arn), question)) ||
      (runtimeId !== undefined && isId(runtimeId, question)),
  )

const isService = (task: Task, question: string): boolean => {
  const service = serviceOf(task)
  return (
    task.group === question ||
    (service !== undefined &&
      (service === question ||
        `${lastSegment(task.cluster)}/${service}` === question ||
        (question.includes(':service/') &&
          lastSegment(question) === service &&
          question.startsWith(task.cluster.slice(0, task.cluster.lastIndexOf(':') + 1)))))
  )
}

const isInstance = ({ instance }: Task, question: string, { state }: ExplainedWorld): boolean => {
  if (instance === undefined) return false
  const machine = state.instances.get(instance)?.machine
  return (
    instance === question ||
    isId(lastSegment(instance), question) ||
    machine?.id === question ||
    machine?.hostName === question
  )
}

const isAt = (task: Task, { host, port }: AskedAddress, world: ExplainedWorld): boolean => {
  const definition = task.definition === undefined ? undefined : world.state.definitions.get(task.definition)
  const known = hostOf(task, definition, world.state)
  if (known === undefined || (known.ipv4 !== host && known.ipv6 !== host)) return false
  if (port === undefined) return true
  return (
    projectedTask(task, world).ports.some((shared) => shared.port.port === port) ||
    task.containers.some(({ bindings }) =>
      bindings.some(({ hostPort, count }) => port >= hostPort && port < hostPort + count),
    )
  )
}

/** Whether a task is meant: by its id or ARN, container, service, address, or instance. */
export const isMeant = (task: Task, question: string, world: ExplainedWorld): boolean => {
  const address = askedAddress(question)
  if (address !== undefined) return isAt(task, address, world)
  return (
    isTask(task, question) ||
    isService(task, question) ||
    isContainer(task, question) ||
    isInstance(task, question, world)
  )
}
