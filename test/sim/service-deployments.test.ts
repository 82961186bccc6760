import { describe, expect, it } from 'vitest'
import { ecsDecoder } from '../../src/testing/ecs-decoder.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { SimulatedDeployment } from '../../sim/ecs/simulated-deployment.js'

/** A settled cluster with one service. */
const clusterWith = (spec: Partial<ServiceSpec>): SimulatedCluster => {
  const cluster = simulatedCluster({
    seed: 3,
    services: [{ name: 'web', placement: 'fargate', desiredCount: 3, ...spec }],
  })
  cluster.start()
  cluster.settle()
  return cluster
}

const currentOf = (cluster: SimulatedCluster): SimulatedDeployment => cluster.services()[0]!.current

/** The stage and the new revision's percentages. */
const positionOf = (cluster: SimulatedCluster): string => {
  const { stage, weights, status } = currentOf(cluster)
  return `${stage ?? status} ${weights[0].production}/${weights[0].test}`
}

/** Everything that the deployment comes through, until it ends or waits for somebody. */
const course = (cluster: SimulatedCluster): readonly string[] => {
  const positions: string[] = []
  for (let patience = 0; patience < 600 && currentOf(cluster).isInProgress; patience++) {
    cluster.settle()
    const position = positionOf(cluster)
    if (positions.at(-1) !== position) positions.push(position)
    if (currentOf(cluster).isPaused) break
    cluster.elapse(60_000)
  }
  return positions
}

/** Every position of a service without tasks, one thing at a time. */
const slowCourse = (cluster: SimulatedCluster): readonly string[] => {
  const positions = [positionOf(cluster)]
  for (let patience = 0; patience < 5_000 && currentOf(cluster).isInProgress; patience++) {
    if (!cluster.advance('web')) cluster.elapse(60_000)
    const position = positionOf(cluster)
    if (positions.at(-1) !== position) positions.push(position)
  }
  return positions
}

/** Running and wanted tasks of each revision, the oldest revision first. */
const servingOf = (cluster: SimulatedCluster): readonly number[] =>
  cluster
    .services()[0]!
    .deployments.map(
      ({ target }) =>
        cluster.tasks().filter(({ revision, endpoint }) => revision === target && endpoint !== undefined)
          .length,
    )

const heard = (cluster: SimulatedCluster): EventBridgeEvent[] => {
  const events: EventBridgeEvent[] = []
  cluster.events$.subscribe((event) => events.push(event))
  return events
}

const namesOf = (events: readonly EventBridgeEvent[], type: string): readonly unknown[] =>
  events.filter((event) => event['detail-type'] === type).map(({ detail }) => detail['eventName'])

const deploymentNames = (events: readonly EventBridgeEvent[]): readonly unknown[] =>
  namesOf(events, 'ECS Deployment State Change')

describe('a deployment in stages', () => {
  it('shifts all traffic at once, blue/green', () => {
    const cluster = simulatedCluster({
      seed: 3,
      services: [{ name: 'web', placement: 'fargate', desiredCount: 0, strategy: 'BLUE_GREEN' }],
    })
    cluster.deploy('web')
    expect(slowCourse(cluster)).toEqual([
      'PENDING 0/0',
      'PRE_SCALE_UP 0/0',
      'SCALE_UP 0/0',
      'POST_SCALE_UP 0/0',
      'TEST_TRAFFIC_SHIFT 0/100',
      'POST_TEST_TRAFFIC_SHIFT 0/100',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0/100',
      'PRODUCTION_TRAFFIC_SHIFT 100/100',
      'POST_PRODUCTION_TRAFFIC_SHIFT 100/100',
      'BAKE_TIME 100/100',
      'CLEAN_UP 100/100',
    ])
    expect(currentOf(cluster).status).toBe('SUCCESSFUL')
  })

  it('shifts a part first as a canary, and equal parts when linear', () => {
    const canary = clusterWith({ strategy: 'CANARY' })
    canary.deploy('web')
    expect(course(canary)).toEqual([
      'PRODUCTION_TRAFFIC_SHIFT 5/100',
      'BAKE_TIME 100/100',
      'CLEAN_UP 100/100',
    ])
    const linear = clusterWith({ strategy: 'LINEAR', stepPercent: 33.3 })
    linear.deploy('web')
    expect(course(linear)).toEqual([
      'PRODUCTION_TRAFFIC_SHIFT 33.3/100',
      'PRODUCTION_TRAFFIC_SHIFT 66.6/100',
      'PRODUCTION_TRAFFIC_SHIFT 99.9/100',
      'BAKE_TIME 100/100',
      'CLEAN_UP 100/100',
    ])
  })

  it('starts the new tasks in SCALE_UP, under a deployment id of their own, and stops the old ones in CLEAN_UP', () => {
    const cluster = clusterWith({ strategy: 'BLUE_GREEN' })
    cluster.deploy('web')
    cluster.reach('web', 'PRE_SCALE_UP')
    expect(servingOf(cluster)).toEqual([3, 0])
    cluster.reach('web', 'POST_SCALE_UP')
    expect(servingOf(cluster)).toEqual([3, 3])
    expect(new Set(cluster.tasks().map(({ startedBy }) => startedBy)).size).toBe(2)
    cluster.reach('web', 'BAKE_TIME')
    expect(servingOf(cluster)).toEqual([3, 3])
    cluster.reach('web', 'CLEAN_UP')
    cluster.settle()
    expect(servingOf(cluster)).toEqual([0, 3])
    expect(currentOf(cluster).status).toBe('SUCCESSFUL')
  })

  it('keeps the definition when it is forced, and distinguishes its tasks all the same', () => {
    const cluster = clusterWith({ strategy: 'BLUE_GREEN' })
    cluster.redeploy('web')
    cluster.reach('web', 'POST_SCALE_UP')
    const tasks = cluster.tasks()
    expect(new Set(tasks.map(({ definition }) => definition.arn)).size).toBe(1)
    expect(new Set(tasks.map(({ startedBy }) => startedBy)).size).toBe(2)
  })

  it('scales both revisions in the middle, and replaces crashed tasks of both', () => {
    const cluster = clusterWith({ strategy: 'CANARY' })
    cluster.deploy('web')
    cluster.reach('web', 'PRODUCTION_TRAFFIC_SHIFT')
    cluster.scale('web', 5)
    cluster.settle()
    expect(servingOf(cluster)).toEqual([5, 5])
    for (const { target } of cluster.services()[0]!.deployments)
      expect(cluster.crash(cluster.tasks().find(({ revision }) => revision === target)!.id)).toBe(true)
    expect(servingOf(cluster)).toEqual([4, 4])
    cluster.settle()
    expect(servingOf(cluster)).toEqual([5, 5])
    cluster.scale('web', 2)
    cluster.settle()
    expect(servingOf(cluster)).toEqual([2, 2])
  })

  it.each([
    'PRE_SCALE_UP',
    'SCALE_UP',
    'TEST_TRAFFIC_SHIFT',
    'PRODUCTION_TRAFFIC_SHIFT',
    'BAKE_TIME',
    'CLEAN_UP',
  ] as const)('goes back from %s: the traffic first, and then the new tasks', (stage) => {
    const cluster = clusterWith({ strategy: 'BLUE_GREEN' })
    const events = heard(cluster)
    cluster.deploy('web')
    cluster.reach('web', stage)
    const { weights } = currentOf(cluster)
    expect(cluster.rollBack('web')).toBe(true)
    expect(cluster.rollBack('web')).toBe(false)
    expect(currentOf(cluster)).toMatchObject({ status: 'ROLLBACK_REQUESTED', weights })
    cluster.advance('web')
    expect(currentOf(cluster)).toMatchObject({ status: 'ROLLBACK_IN_PROGRESS', weights })
    cluster.settle()
    expect(servingOf(cluster)).toEqual([3, 0])
    expect(currentOf(cluster).status).toBe('ROLLBACK_SUCCESSFUL')
    expect(currentOf(cluster).weights.map(({ production, test }) => [production, test])).toEqual([
      [0, 0],
      [100, 0],
    ])
    expect(deploymentNames(events)).toEqual([
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_FAILED',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ])
    cluster.deploy('web')
    expect(currentOf(cluster).target.definition.revision).toBe(3)
    expect(currentOf(cluster).sources).toHaveLength(1)
  })

  it('stays where it is when it stops, and the next one reconciles both revisions', () => {
    const cluster = clusterWith({ strategy: 'CANARY', stepPercent: 20 })
    cluster.deploy('web')
    cluster.reach('web', 'PRODUCTION_TRAFFIC_SHIFT')
    expect(cluster.stopDeployment('web')).toBe(true)
    expect(currentOf(cluster).status).toBe('STOP_REQUESTED')
    cluster.settle()
    expect(positionOf(cluster)).toBe('PRODUCTION_TRAFFIC_SHIFT 20/100')
    expect(currentOf(cluster).status).toBe('STOPPED')
    cluster.scale('web', 4)
    cluster.settle()
    expect(servingOf(cluster)).toEqual([4, 4])

    cluster.deploy('web')
    cluster.reach('web', 'RECONCILE_SERVICE')
    const shares = () => currentOf(cluster).weights.map(({ production }) => production)
    expect(shares()).toEqual([0, 20, 80])
    cluster.reach('web', 'PRODUCTION_TRAFFIC_SHIFT')
    expect(shares()).toEqual([20, 16, 64])
    cluster.reach('web', 'CLEAN_UP')
    cluster.settle()
    expect(servingOf(cluster)).toEqual([0, 0, 4])
  })

  it('is stopped by the next one', () => {
    const cluster = clusterWith({ strategy: 'BLUE_GREEN' })
    cluster.deploy('web')
    cluster.reach('web', 'PRE_SCALE_UP')
    cluster.deploy('web')
    expect(cluster.services()[0]!.deployments.map(({ status }) => status)).toEqual([
      'SUCCESSFUL',
      'STOPPED',
      'PENDING',
    ])
    // The interrupted one had no tasks yet.
    expect(currentOf(cluster).sources).toHaveLength(1)
  })

  it('says that it waits in a pause, and continues when the pause is ended', () => {
    const cluster = clusterWith({
      strategy: 'CANARY',
      pauses: [{ stages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'], timeoutMinutes: 30 }],
    })
    const events = heard(cluster)
    cluster.deploy('web')
    const paused = () => namesOf(events, 'ECS Hook State Change')
    for (const percent of [0, 5]) {
      cluster.reach('web', 'PRE_PRODUCTION_TRAFFIC_SHIFT')
      expect(positionOf(cluster)).toBe(`PRE_PRODUCTION_TRAFFIC_SHIFT ${percent}/100`)
      expect(cluster.advance('web')).toBe(false)
      expect(() => cluster.reach('web', 'BAKE_TIME')).toThrow('does not come to BAKE_TIME')
      const { arn, hooks } = currentOf(cluster)
      const { id } = hooks.at(-1)!
      expect(cluster.continueDeployment(arn, 'ecs-pause-other', 'CONTINUE')).toBe('not waiting')
      expect(cluster.continueDeployment(arn, id, 'CONTINUE')).toBe('done')
      expect(cluster.continueDeployment(arn, id, 'CONTINUE')).toBe('not waiting')
    }
    expect(paused()).toEqual(['HOOK_AWAITING_ACTION', 'HOOK_AWAITING_ACTION'])
    cluster.reach('web', 'BAKE_TIME')
    expect(currentOf(cluster).hooks.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  })

  it.each([
    ['CONTINUE', 'BAKE_TIME 100/100', 'IN_PROGRESS'],
    ['ROLLBACK', 'CLEAN_UP 0/0', 'ROLLBACK_SUCCESSFUL'],
  ] as const)('ends a pause by %s when it times out', (timeoutAction, position, status) => {
    const cluster = clusterWith({
      strategy: 'BLUE_GREEN',
      pauses: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutMinutes: 10, timeoutAction }],
    })
    cluster.deploy('web')
    cluster.reach('web', 'POST_TEST_TRAFFIC_SHIFT')
    cluster.elapse(9 * 60_000)
    expect(cluster.advance('web')).toBe(false)
    cluster.elapse(60_000)
    cluster.settle()
    expect(positionOf(cluster)).toBe(position)
    expect(currentOf(cluster)).toMatchObject({ status, hooks: [{ status: 'TIMED_OUT' }] })
  })

  it('takes place among incidents, in random order, and always ends in what the service asks for', () => {
    const statuses = new Set<string>()
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const cluster = simulatedCluster({
        seed,
        services: [
          {
            name: 'web',
            placement: 'bridge',
            desiredCount: 3,
            strategy: 'CANARY',
            stepBakeMinutes: 0,
            bakeMinutes: 0,
          },
          {
            name: 'api',
            placement: 'fargate',
            desiredCount: 2,
            strategy: 'LINEAR',
            stepPercent: 50,
            stepBakeMinutes: 0,
            bakeMinutes: 0,
            pauses: [{ stages: ['POST_SCALE_UP'] }],
          },
        ],
        instances: { ec2: 2 },
      })
      cluster.start()
      for (let step = 0; step < 2_000; step++) {
        cluster.step()
        for (const { current } of cluster.services()) {
          statuses.add(current.status)
          const sum = current.weights.reduce((total, { production }) => total + production, 0)
          expect(sum).toBeCloseTo(100, 6)
        }
      }
      for (const { name } of cluster.services()) {
        cluster.rollBack(name)
        cluster.settle()
      }
      for (const { current, desiredCount, wanted } of cluster.services())
        expect(wanted.size).toBe(current.active.length * desiredCount)
    }
    expect([...statuses].sort()).toEqual([
      'IN_PROGRESS',
      'PENDING',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_REQUESTED',
      'ROLLBACK_SUCCESSFUL',
      'STOPPED',
      'STOP_REQUESTED',
      'SUCCESSFUL',
    ])
  })
})

describe('events about deployments', () => {
  it('are decoded as such, of every strategy', () => {
    const tags = new Set<string>()
    for (const strategy of ['ROLLING', 'BLUE_GREEN'] as const) {
      const cluster = clusterWith({ strategy, pauses: [{ stages: ['PRE_SCALE_UP'] }] })
      const events = heard(cluster)
      cluster.deploy('web')
      cluster.settle()
      for (const event of events) {
        if (!/ Deployment | Hook /.test(event['detail-type'])) continue
        const decoded = ecsDecoder.event(event, cluster.now())
        expect(decoded).toMatchObject({
          _tag: 'Event',
          event: {
            _tag: 'DeploymentAnnounced',
            service: 'arn:aws:ecs:eu-west-1:123456789012:service/default/web',
          },
        })
        tags.add(`${strategy} ${String(event.detail['eventName'])}`)
      }
    }
    expect([...tags]).toEqual([
      'ROLLING SERVICE_DEPLOYMENT_IN_PROGRESS',
      'ROLLING SERVICE_DEPLOYMENT_COMPLETED',
      'BLUE_GREEN SERVICE_DEPLOYMENT_IN_PROGRESS',
      'BLUE_GREEN HOOK_AWAITING_ACTION',
    ])
  })
})

describe('a deployment by rolling', () => {
  it('is an object as well, which the next one stops', () => {
    const cluster = clusterWith({})
    const events = heard(cluster)
    cluster.deploy('web')
    cluster.deploy('web')
    cluster.settle()
    expect(cluster.services()[0]!.deployments.map(({ status, stage }) => [status, stage])).toEqual([
      ['SUCCESSFUL', undefined],
      ['STOPPED', undefined],
      ['SUCCESSFUL', undefined],
    ])
    expect(deploymentNames(events)).toEqual([
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ])
    expect(cluster.rollBack('web')).toBe(false)
    expect(cluster.stopDeployment('web')).toBe(false)
  })

  it('replaces tasks of the same definition when it is forced', () => {
    const cluster = clusterWith({})
    const before = new Set(cluster.tasks().map(({ id }) => id))
    cluster.redeploy('web')
    cluster.settle()
    expect(servingOf(cluster)).toEqual([0, 3])
    const after = cluster.tasks().filter(({ endpoint }) => endpoint !== undefined)
    expect(after.some(({ id }) => before.has(id))).toBe(false)
    expect(after.every(({ definition }) => definition.revision === 1)).toBe(true)
  })

  it('can give way to deployments in stages, and back', () => {
    const cluster = clusterWith({})
    cluster.deploy('web', { strategy: 'BLUE_GREEN' })
    cluster.reach('web', 'POST_SCALE_UP')
    expect(servingOf(cluster)).toEqual([3, 3])
    cluster.deploy('web', { strategy: 'ROLLING' })
    cluster.settle()
    expect(servingOf(cluster)).toEqual([0, 0, 3])
  })
})
