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
  ['a stop code of many characters', { stopCode: 'x'.repeat(513) }],
  ['a stop code that is none', { stopCode: 7 }],
  ['a reason that is none', { stoppedReason: {} }],
  ['a reason of a container that is none', { containers: [{ ...web, reason: [] }] as never }],
  ['half an exit code', { containers: [{ ...web, exitCode: 0.5 }] as never }],
  ['an exit code of more than 32 bits', { containers: [{ ...web, exitCode: 2 ** 32 }] as never }],
]

describe('what is implausible of an end is left out, and nothing else:', () => {
  it.each(implausible)('%s', (_, changes) => {
    const told = { ...stopped, containers: [web], ...changes }
    const event = decoded(told)
    expect(event).toMatchObject({ lastStatus: 'STOPPED', containers: [{ name: 'web' }] })
    expect(event).toMatchObject({ end: { containers: [{ name: 'web' }] } })
    const { task, errors } = taskFromDescription({ ...ecsDetail(told), attachments: [] }, 1)
    expect(errors).toEqual([])
    expect(event).toMatchObject({ end: task?.end })
  })

  it('a long reason is cut, and half a character in it replaced', () => {
    expect(decoded({ ...stopped, stoppedReason: 'x'.repeat(2_000) })).toMatchObject({
      end: { reason: 'x'.repeat(1_024) },
    })
    expect(decoded({ ...stopped, stoppedReason: `${'x'.repeat(1_023)}\u{1f600}` })).toMatchObject({
      end: { reason: `${'x'.repeat(1_023)}\ufffd` },
    })
  })
})
