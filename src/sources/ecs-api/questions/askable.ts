import { lastSegment, sameAccountAndRegion } from '../../../core/arn.js'
import type { Task } from '../../../core/task.js'

/** Whoever can send events can invent tasks. ECS refuses a call with an ARN of another cluster than it is about. */
export const isAskable = ({ arn, cluster }: Pick<Task, 'arn' | 'cluster'>): boolean => {
  const [, name] = /^arn:[\w-]+:ecs:[\w-]+:\d+:task\/([\w-]+)\/[\w-]{1,100}$/.exec(arn) ?? []
  return name === lastSegment(cluster) && sameAccountAndRegion(arn, cluster)
}
