import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { explain } from '../../src/core/explain/explain.js'
import { endText } from '../../src/core/explain/end-text.js'
import { stopKind } from '../../src/core/explain/stop-kind.js'
import { aboutStop } from '../../src/core/explain/what-to-do.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { ContainerEnd, TaskEnd } from '../../src/core/task-end.js'
import { observed } from '../support/observed-task.js'
import { options } from './observed.js'

const web = (exitCode: number | undefined, reason?: string): ContainerEnd => ({
  name: 'web',
  exitCode,
  reason,
})

const end = (
  stopCode: string | undefined,
  reason: string | undefined,
  ...containers: ContainerEnd[]
): TaskEnd => ({
  version: 3,
  stopCode,
  reason,
  containers,
})

const exited = 'Essential container in task exited'

describe('the end of a task', () => {
  it.each([
    ['image', end('TaskFailedToStart', 'CannotPullContainerError: pull access denied')],
    [
      'image',
      end('TaskFailedToStart', 'Task failed to start', web(undefined, 'CannotPullContainerError: no')),
    ],
    ['memory', end('EssentialContainerExited', exited, web(137, 'OutOfMemoryError: Container killed'))],
    ['resources', end('TaskFailedToStart', 'ResourceInitializationError: unable to pull secrets')],
    ['start', end('TaskFailedToStart', 'Timeout waiting for network interface provisioning to complete.')],
    ['start', end('EssentialContainerExited', exited, web(128, 'CannotStartContainerError: no such file'))],
    ['load-balancer', end('ServiceSchedulerInitiated', 'Task failed ELB health checks in (target-group x)')],
    ['container-health', end('ServiceSchedulerInitiated', 'Task failed container health checks')],
    ['capacity', end('SpotInterruption', 'Your Spot Task was interrupted.', web(143))],
    [
      'wanted',
      end('ServiceSchedulerInitiated', 'Scaling activity initiated by (deployment ecs-svc/1)', web(137)),
    ],
    ['wanted', end('UserInitiated', 'enough')],
    ['exited', end('EssentialContainerExited', exited, web(1))],
    ['succeeded', end('EssentialContainerExited', exited, web(0))],
    ['killed', end('EssentialContainerExited', exited, web(137))],
    ['other', end(undefined, 'something new')],
  ] as const)('is of kind %s', (kind, told) => {
    expect(stopKind(told)).toBe(kind)
  })

  it('is one line, of at most five containers', () => {
    expect(endText(end('EssentialContainerExited', exited, web(137, 'OutOfMemoryError: killed')))).toBe(
      'Essential container in task exited, web exit code 137 (OutOfMemoryError: killed)',
    )
    expect(endText(end('TaskFailedToStart', undefined, web(undefined, 'CannotPull')))).toBe(
      'TaskFailedToStart, web CannotPull',
    )
    expect(endText(end('X', 'y', ...Array.from({ length: 7 }, () => web(1))))).toMatch(/, and 2 more$/)
  })

  it('is in the link of the status, with what to do', () => {
    const told = end('EssentialContainerExited', exited, web(137, 'OutOfMemoryError: killed'))
    const task = { ...observed({ id: 'a', last: 'STOPPED', desired: 'STOPPED' }), end: told }
    const state = reduce(emptyState, { _tag: 'TaskChanged', task })
    const world = { state, options, desired: project(state, options), targets: [], now: 0 }
    expect(explain(world, task.arn).subjects[0]).toMatchObject({
      firstBreak: {
        link: 'status',
        says: `it is gone: ECS calls it STOPPED, and wants it STOPPED; stopped: ${endText(told)}`,
        todo: aboutStop.memory,
      },
    })
  })
})
