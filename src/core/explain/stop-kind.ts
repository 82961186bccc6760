import type { ContainerEnd, TaskEnd } from '../task-end.js'

/**
 * Why a task stopped, as far as it decides what to do. Source: Amazon ECS Developer Guide, "Amazon ECS stopped tasks
 * error messages".
 */
export type StopKind =
  | 'image'
  | 'memory'
  | 'resources'
  | 'start'
  | 'load-balancer'
  | 'container-health'
  | 'exited'
  | 'succeeded'
  | 'killed'
  | 'capacity'
  | 'wanted'
  | 'other'

/** The first that matches counts: what a container says is the cause, and what the task says may be its effect. */
const byText: readonly (readonly [RegExp, StopKind])[] = [
  [/CannotPull|pull image manifest/i, 'image'],
  [/OutOfMemory/i, 'memory'],
  [/ResourceInitializationError/i, 'resources'],
  [/Cannot(Start|Create|Inspect)\w*Error|ContainerRuntime\w*Error|TaskFailedToStart/i, 'start'],
  [/failed (ELB|ALB|NLB|load balancer) health checks/i, 'load-balancer'],
  [/failed (container )?health checks/i, 'container-health'],
  [
    /SpotInterruption|TerminationNotice|spot (interruption|capacity)|capacity is no longer available/i,
    'capacity',
  ],
  [
    /ServiceSchedulerInitiated|UserInitiated|Scaling activity|initiated by (a |an )?(deployment|user)/i,
    'wanted',
  ],
]

/** 128 and the number of the signal SIGKILL. */
const sigkill = 137

const byExit = (containers: readonly ContainerEnd[]): StopKind => {
  const codes = containers.flatMap(({ exitCode }) => exitCode ?? [])
  if (codes.length === 0) return 'other'
  if (codes.every((code) => code === 0)) return 'succeeded'
  return codes.includes(sigkill) ? 'killed' : 'exited'
}

export const stopKind = ({ stopCode, reason, containers }: TaskEnd): StopKind => {
  const texts = [...containers.map((one) => one.reason), reason, stopCode].filter(
    (text) => text !== undefined,
  )
  const found = byText.find(([pattern]) => texts.some((text) => pattern.test(text)))
  return found?.[1] ?? byExit(containers)
}
