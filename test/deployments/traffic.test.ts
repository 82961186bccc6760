/** Which traffic a task gets, by what is known of its service's deployments. */
import { describe, expect, it } from 'vitest'
import type { Deployment, Rollout } from '../../src/core/deployment.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import { trafficOf } from '../../src/core/traffic.js'
import { cluster, observed } from '../support/observed-task.js'

const service = cluster.replace(':cluster/', ':service/').concat('/web')
const task = (startedBy: string | undefined, more: Partial<Task> = {}): Task => ({
  ...observed({ id: 'a' }),
  definition: 'web:1',
  startedBy,
  ...more,
})

const trafficBy = (one: Task, rollout: Rollout | undefined) => {
  const described: Deployment = { announcedAt: 0, described: rollout && { at: 1, rollout } }
  return trafficOf(one, { deployments: PersistentMap.from([[service, described]]) })
}

const shifting: Rollout = {
  _tag: 'Shifting',
  deployment: 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/staging/web/d1',
  strategy: 'CANARY',
  status: 'IN_PROGRESS',
  stage: 'TEST_TRAFFIC_SHIFT',
  source: [{ revision: 'old', definition: 'web:1', startedBy: ['ecs-svc/1'], production: 100, test: 0 }],
  target: { revision: 'new', definition: 'web:2', startedBy: ['ecs-svc/2'], production: 0, test: 100 },
  paused: undefined,
}

describe('a task gets all traffic at once', () => {
  it.each([
    ['if nothing is known of its service', task('ecs-svc/1'), undefined],
    ['if its service deploys by rolling', task('ecs-svc/1'), { _tag: 'AtOnce', reason: 'rolling' } as const],
    ['if no service started it', task('somebody'), shifting],
    ['if it does not tell what started it', task(undefined), { _tag: 'Settled', startedBy: [] } as const],
  ])('%s', (_, one, rollout) => {
    expect(trafficBy(one, rollout)).toEqual({ _tag: 'AtOnce' })
  })

  it('if only those of another service are known', () => {
    const described: Deployment = { announcedAt: 0, described: { at: 1, rollout: shifting } }
    expect(
      trafficOf(task('ecs-svc/1'), { deployments: PersistentMap.from([[`${service}-2`, described]]) }),
    ).toEqual({ _tag: 'AtOnce' })
  })

  it('if no deployments are known at all', () => {
    expect(trafficOf(task('ecs-svc/1'), { deployments: PersistentMap.empty() })).toEqual({ _tag: 'AtOnce' })
  })
})

it('a task that the settled service started gets all of it, and another one waits', () => {
  const settled: Rollout = { _tag: 'Settled', startedBy: ['ecs-svc/1'] }
  expect(trafficBy(task('ecs-svc/1'), settled)).toEqual({
    _tag: 'Share',
    revision: '',
    role: 'source',
    production: 100,
    test: 0,
    held: undefined,
  })
  expect(trafficBy(task('ecs-svc/2'), settled)).toEqual({
    _tag: 'Unknown',
    detail: 'ECS is being asked whether a deployment holds back its traffic',
  })
})

describe('while traffic shifts', () => {
  it('a task of the replaced revision has what this one has', () => {
    expect(trafficBy(task('ecs-svc/1'), shifting)).toEqual({
      _tag: 'Share',
      revision: 'old',
      role: 'source',
      production: 100,
      test: 0,
      held: undefined,
    })
  })

  it('a task of the new revision says why it has no production traffic', () => {
    const stage = 'deployment d1 (CANARY, IN_PROGRESS) is in stage TEST_TRAFFIC_SHIFT'
    expect(trafficBy(task('ecs-svc/2', { definition: 'web:2' }), shifting)).toEqual({
      _tag: 'Share',
      revision: 'new',
      role: 'target',
      production: 0,
      test: 100,
      held: `its revision has no production traffic: ${stage}`,
    })
    expect(trafficBy(task('ecs-svc/3'), shifting)).toEqual({
      _tag: 'Share',
      revision: '',
      role: 'unknown',
      production: 0,
      test: 0,
      held: `its revision cannot be told, so it gets no traffic until the deployment ends: ${stage}`,
    })
  })

  it('one percent is enough', () => {
    const target = { ...shifting.target, production: 1 }
    expect(trafficBy(task('ecs-svc/2', { definition: 'web:2' }), { ...shifting, target })).toMatchObject({
      production: 1,
      held: undefined,
    })
  })
})
