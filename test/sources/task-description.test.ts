import type { Task as DescribedTask } from '@aws-sdk/client-ecs'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { taskFromDescription } from '../../src/sources/ecs-events/task-description.js'
import { bound, ecsDetail, ecsEvent, eni } from '../support/ecs-event-builder.js'

const now = Date.UTC(2026, 0, 2, 3, 5)

/** The same task as `ecsEvent()`'s, as the SDK gives it. */
const described = (changes: Partial<DescribedTask> = {}): DescribedTask => ({
  ...(ecsDetail() as unknown as DescribedTask),
  attachments: [eni('10.0.0.7', { type: 'ElasticNetworkInterface' })],
  createdAt: new Date(now - 60_000),
  healthStatus: 'HEALTHY',
  ...changes,
})

describe('a described task', () => {
  it('has the record that its event gives, dated by the latest of its times, with its health', () => {
    const decoded = decodeEvent(ecsEvent({ createdAt: new Date(now - 60_000).toISOString() }))
    const told =
      decoded._tag === 'Event' && decoded.event._tag === 'TaskChanged' ? decoded.event.task : undefined
    expect(taskFromDescription(described(), now)).toEqual({
      task: { ...told, at: now - 60_000, health: { at: now, status: 'HEALTHY' } },
      errors: [],
    })
  })

  it('takes its address from an attachment if no container has one', () => {
    expect(taskFromDescription(described({ containers: [] }), now).task?.interface).toEqual({
      version: 5,
      ipv4: '10.0.0.7',
      ipv6: undefined,
    })
  })

  it('has the bindings of its containers; an empty list says nothing about them', () => {
    const containers = [
      { name: 'web', lastStatus: 'RUNNING', networkBindings: [bound(80, 32768)] },
      { name: 'log', lastStatus: 'RUNNING', networkBindings: [] },
    ] as DescribedTask['containers']
    expect(taskFromDescription({ ...described(), containers }, now).task?.containers).toMatchObject([
      { name: 'log', bindingsVersion: -1, bindings: [] },
      { name: 'web', bindingsVersion: 5, bindings: [{ containerPort: 80, hostPort: 32768 }] },
    ])
  })

  it.each([undefined, 'SOMETHING_NEW'])('of health %s says nothing of its health', (healthStatus) => {
    const task = { ...described(), healthStatus } as DescribedTask
    expect(taskFromDescription(task, now).task?.health).toBeUndefined()
  })

  it.each(['taskArn', 'clusterArn', 'lastStatus', 'desiredStatus', 'version'])(
    'without %s is not a task',
    (field) => {
      const { task, errors } = taskFromDescription({ ...described(), [field]: undefined }, now)
      expect(task).toBeUndefined()
      expect(errors.map(({ path }) => path)).toEqual([`$.${field}`])
    },
  )

  it('keeps nothing of its overrides', () => {
    const overrides = {
      containerOverrides: [{ name: 'web', environment: [{ name: 'A', value: 'hunter2' }] }],
    }
    expect(JSON.stringify(taskFromDescription(described({ overrides }), now))).not.toContain('hunter2')
  })

  describe('that is implausible', () => {
    const place = 'arn:aws:ecs:eu-west-2:123456789012'
    it.each([
      ['attachments', { attachments: [eni('169.254.169.254')] }, { interface: { ipv4: '10.0.0.7' } }],
      ['containers', { containers: Array.from({ length: 301 }, () => ({})) }, { containers: [] }],
      ['containerInstanceArn', { containerInstanceArn: 'container-instance/b2' }, { instance: undefined }],
      ['taskDefinitionArn', { taskDefinitionArn: 'web:1' }, { definition: undefined }],
      ['group', { group: 'half \ud83d' }, { group: undefined }],
    ])('in its %s alone is a task without them, and is reported', (field, changes, left) => {
      const { task, errors } = taskFromDescription({ ...described(), ...changes }, now)
      expect(task).toMatchObject({ arn: ecsDetail()['taskArn'], version: 5, lastStatus: 'RUNNING', ...left })
      expect(errors).toHaveLength(1)
      expect(errors[0]?.path.startsWith(`$.${field}`)).toBe(true)
    })

    it.each([
      ['taskArn', `${place}:task/shop/a1`],
      ['clusterArn', 'shop'],
      ['version', 0],
      ['lastStatus', '\u001b[2J'],
    ])('in its %s is not a task, and is reported', (field, value) => {
      const { task, errors } = taskFromDescription({ ...described(), [field]: value }, now)
      expect(task).toBeUndefined()
      expect(errors.map(({ path }) => path)).toContain(`$.${field}`)
    })
  })
})
