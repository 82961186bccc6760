import type { Task as DescribedTask } from '@aws-sdk/client-ecs'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { taskFromDescription } from '../../src/sources/ecs-events/task-description.js'
import { ecsDetail, type EcsDetail, ecsEvent } from '../support/ecs-event-builder.js'

const stopped = {
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
}

const web = {
  name: 'web',
  lastStatus: 'STOPPED',
  exitCode: 137,
  reason: 'OutOfMemoryError: Container killed',
}

const decoded = (changes: EcsDetail) => {
  const result = decodeEvent(ecsEvent(changes), { latest: Date.UTC(2026, 0, 3) })
  if (result._tag === 'Undecodable') return result.errors.map(({ path }) => path)
  return result._tag === 'Event' && result.event._tag === 'TaskChanged' ? result.event.task : undefined
}

describe('a task that stops', () => {
  it('has what ECS says of its end, from its event and from its description', () => {
    const containers = [
      web,
      { name: 'log', lastStatus: 'STOPPED', exitCode: 0 },
      { name: 'idle', lastStatus: 'STOPPED' },
    ]
    const end = {
      version: 5,
      stopCode: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
      containers: [
        { name: 'log', exitCode: 0, reason: undefined },
        { name: 'web', exitCode: 137, reason: 'OutOfMemoryError: Container killed' },
      ],
    }
    expect(decoded({ ...stopped, containers })).toMatchObject({ end })
    const described = {
      ...(ecsDetail({ ...stopped, containers }) as unknown as DescribedTask),
      attachments: [],
    }
    expect(taskFromDescription(described, 1)).toMatchObject({ task: { end }, errors: [] })
  })

  it('has a reason of several lines as one line, without control characters', () => {
    expect(
      decoded({ ...stopped, stoppedReason: ' pull\n\tfailed:\u001b[2J no such image\u2028' }),
    ).toMatchObject({
      end: { reason: 'pull failed: [2J no such image' },
    })
  })

  it('has no end if ECS says nothing of it', () => {
    expect(decoded({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED' })).not.toHaveProperty('end')
    expect(decoded({ ...stopped, stopCode: null, stoppedReason: '' })).not.toHaveProperty('end')
  })

  it.each([-1_073_741_510, 0, 3_221_225_786])('may have exit code %s, as on Windows', (exitCode) => {
    expect(decoded({ ...stopped, containers: [{ ...web, exitCode }] as never })).toMatchObject({
      end: { containers: [{ exitCode }] },
    })
  })
})

it('a task that runs has none, also if one of its containers has exited', () => {
  expect(decoded({ containers: [web] })).not.toHaveProperty('end')
})

const implausible: readonly (readonly [string, EcsDetail])[] = [
  ['stopCode', { stopCode: 'x'.repeat(513) }],
  ['stoppedReason', { stoppedReason: 'x'.repeat(1_025) }],
  ['stoppedReason', { stoppedReason: 'half \ud83d' }],
  ['containers.0.reason', { containers: [{ ...web, reason: 'x'.repeat(1_025) }] as never }],
  ['containers.0.exitCode', { containers: [{ ...web, exitCode: 0.5 }] as never }],
  ['containers.0.exitCode', { containers: [{ ...web, exitCode: 2 ** 32 }] as never }],
]

describe('an implausible end', () => {
  it.each(implausible)('in %s makes an event undecodable', (field, changes) => {
    const path = `$.detail.${field}`.replace('.0.', '[0].')
    expect(decoded({ ...stopped, ...changes })).toEqual([path])
  })

  it.each(implausible)('in %s is left out of a description, and of nothing else', (field, changes) => {
    const description = { ...ecsDetail({ ...stopped, containers: [web], ...changes }), attachments: [] }
    const { task, errors } = taskFromDescription(description, 1)
    expect(errors.map(({ path }) => path)).toEqual([`$.${field}`.replace('.0.', '[0].')])
    expect(task?.containers).toHaveLength(1)
    expect(task?.end?.containers).toHaveLength(1)
  })
})
