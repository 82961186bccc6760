import type { ServiceDeployment, ServiceDeploymentLifecycleStage } from '@aws-sdk/client-ecs'
import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../src/core/deployment.js'
import { describedRollout } from '../../src/sources/ecs-api/deployments/described-rollout.js'

const place = 'arn:aws:ecs:eu-west-1:123456789012'
const old = `${place}:service-revision/shop/web/1`
const older = `${place}:service-revision/shop/web/0`
const fresh = `${place}:service-revision/shop/web/2`

const definitions: Readonly<Record<string, string>> = { [older]: 'web:6', [old]: 'web:7', [fresh]: 'web:8' }

/** The API's pages name it, and the installed SDK does not yet. */
const beforeShift = 'PRE_PRODUCTION_TRAFFIC_SHIFT' as ServiceDeploymentLifecycleStage

/** A deployment as ECS describes it for a service without a load balancer: with weights. */
const deployment = (changes: Partial<ServiceDeployment>): ServiceDeployment => ({
  serviceDeploymentArn: `${place}:service-deployment/shop/web/d`,
  status: 'IN_PROGRESS',
  lifecycleStage: 'SCALE_UP',
  deploymentConfiguration: { strategy: 'BLUE_GREEN' },
  sourceServiceRevisions: [{ arn: old, requestedProductionTrafficWeight: 100, requestedTaskCount: 3 }],
  targetServiceRevision: { arn: fresh, requestedProductionTrafficWeight: 0, requestedTaskCount: 3 },
  ...changes,
})

const rolloutOf = (changes: Partial<ServiceDeployment>): Rollout | undefined =>
  describedRollout(deployment(changes), {
    definitionOf: (revision) => definitions[revision],
    startedBy: { source: ['ecs-svc/1'], target: ['ecs-svc/2'] },
  })

/** Production of the old revision, that of the new one, and its test traffic. */
const traffic = (changes: Partial<ServiceDeployment>): unknown => {
  const rollout = rolloutOf(changes)
  return rollout?._tag === 'Shifting'
    ? [rollout.source.map(({ production }) => production), rollout.target.production, rollout.target.test]
    : rollout?._tag
}

const weights = (target: number, test?: number): Partial<ServiceDeployment> => ({
  sourceServiceRevisions: [{ arn: old, requestedProductionTrafficWeight: 100 - target }],
  targetServiceRevision: {
    arn: fresh,
    requestedProductionTrafficWeight: target,
    ...(test === undefined ? {} : { requestedTestTrafficWeight: test }),
  },
})

const unreported: Partial<ServiceDeployment> = {
  sourceServiceRevisions: [{ arn: old }],
  targetServiceRevision: { arn: fresh },
}

describe('the rollout of a described deployment', () => {
  it.each(['RECONCILE_SERVICE', 'PRE_SCALE_UP', 'SCALE_UP', 'POST_SCALE_UP'] as const)(
    'gives the new revision nothing in %s, whatever weights are requested',
    (lifecycleStage) => {
      expect(traffic({ lifecycleStage, ...weights(100, 100) })).toEqual([[100], 0, 0])
    },
  )

  it.each(['TEST_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT'] as const)(
    'gives the new revision test requests alone in %s',
    (lifecycleStage) => {
      expect(traffic({ lifecycleStage, ...weights(50, 100) })).toEqual([[100], 0, 100])
      expect(traffic({ lifecycleStage, ...weights(0, 0) })).toEqual([[100], 0, 0])
      expect(traffic({ lifecycleStage, ...unreported })).toEqual([[100], 0, 100])
    },
  )

  it.each<ServiceDeploymentLifecycleStage>([
    beforeShift,
    'PRODUCTION_TRAFFIC_SHIFT',
    'POST_PRODUCTION_TRAFFIC_SHIFT',
    'BAKE_TIME',
  ])('takes the requested weights in %s', (lifecycleStage) => {
    expect(traffic({ lifecycleStage, ...weights(5, 100) })).toEqual([[95], 5, 100])
    expect(traffic({ lifecycleStage, ...weights(0.5, 100) })).toEqual([[99.5], 0.5, 100])
  })

  it('takes what stage and strategy imply where no weights are reported', () => {
    const shift = { lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT', ...unreported } as const
    expect(traffic(shift)).toEqual([[0], 100, 100])
    expect(traffic({ ...shift, deploymentConfiguration: { strategy: 'CANARY' } })).toEqual([[95], 5, 100])
    expect(
      traffic({
        ...shift,
        deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 25 } },
      }),
    ).toEqual([[75], 25, 100])
    expect(traffic({ ...unreported, lifecycleStage: beforeShift })).toEqual([[100], 0, 100])
    expect(traffic({ ...unreported, lifecycleStage: 'BAKE_TIME' })).toEqual([[0], 100, 100])
  })

  it('gives the new revision all in CLEAN_UP, when the old one stops', () => {
    expect(traffic({ lifecycleStage: 'CLEAN_UP', ...weights(0) })).toEqual([[0], 100, 0])
  })

  it.each(['ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_FAILED'] as const)(
    'gives everything back to the old revision in %s, at once',
    (status) => {
      expect(traffic({ status, lifecycleStage: 'BAKE_TIME', ...weights(100, 100) })).toEqual([[100], 0, 0])
    },
  )

  it('gives everything to the revision that a rollback returns to', () => {
    const rollout = rolloutOf({
      status: 'ROLLBACK_IN_PROGRESS',
      sourceServiceRevisions: [
        { arn: older, requestedProductionTrafficWeight: 60 },
        { arn: old, requestedProductionTrafficWeight: 40 },
      ],
      rollback: { serviceRevisionArn: old },
    })
    expect(rollout?._tag === 'Shifting' && rollout.source.map(({ production }) => production)).toEqual([
      0, 100,
    ])
  })

  it.each(['STOP_REQUESTED', 'STOPPED'] as const)('leaves the traffic as it was in %s', (status) => {
    expect(traffic({ status, lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT', ...weights(25, 100) })).toEqual([
      [75],
      25,
      100,
    ])
  })

  it('gives nothing to a revision whose deployment is still pending', () => {
    expect(traffic({ status: 'PENDING', lifecycleStage: undefined, ...weights(100) })).toEqual([[100], 0, 0])
  })

  it('ends with the tasks of the new revision, or of the old one after a rollback', () => {
    expect(rolloutOf({ status: 'SUCCESSFUL' })).toEqual({ _tag: 'Settled', startedBy: ['ecs-svc/2'] })
    expect(rolloutOf({ status: 'ROLLBACK_SUCCESSFUL' })).toEqual({
      _tag: 'Settled',
      startedBy: ['ecs-svc/1'],
    })
  })

  it('shares what is left among several old revisions as requested, or by their tasks', () => {
    const lifecycleStage = 'PRODUCTION_TRAFFIC_SHIFT'
    const targetServiceRevision = { arn: fresh, requestedProductionTrafficWeight: 10 }
    expect(
      traffic({
        lifecycleStage,
        targetServiceRevision,
        sourceServiceRevisions: [
          { arn: older, requestedProductionTrafficWeight: 30 },
          { arn: old, requestedProductionTrafficWeight: 60 },
        ],
      }),
    ).toEqual([[30, 60], 10, 100])
    expect(
      traffic({
        lifecycleStage,
        targetServiceRevision,
        sourceServiceRevisions: [
          { arn: older, requestedTaskCount: 1 },
          { arn: old, requestedTaskCount: 2 },
        ],
      }),
    ).toEqual([[30, 60], 10, 100])
  })

  it('counts old revisions with the same definition as one: nothing distinguishes their tasks', () => {
    const same = `${place}:service-revision/shop/web/1b`
    const rollout = describedRollout(
      deployment({
        lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT',
        sourceServiceRevisions: [
          { arn: old, requestedProductionTrafficWeight: 30 },
          { arn: same, requestedProductionTrafficWeight: 60 },
        ],
        targetServiceRevision: { arn: fresh, requestedProductionTrafficWeight: 10 },
      }),
      {
        definitionOf: (revision) => (revision === fresh ? 'web:8' : 'web:7'),
        startedBy: { source: [], target: [] },
      },
    )
    expect(rollout?._tag === 'Shifting' && rollout.source).toMatchObject([{ revision: old, production: 90 }])
  })

  it('contains the pause that waits for an action, and no other hook', () => {
    const expiresAt = new Date(1_767_323_999_000)
    const rollout = rolloutOf({
      lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
      lifecycleHookDetails: [
        { hookId: 'lambda', targetType: 'AWS_LAMBDA', status: 'AWAITING_ACTION' },
        { hookId: 'done', targetType: 'PAUSE', status: 'SUCCEEDED' },
        {
          hookId: 'pause',
          targetType: 'PAUSE',
          status: 'AWAITING_ACTION',
          expiresAt,
          timeoutAction: 'ROLLBACK',
        },
      ],
    })
    expect(rollout?._tag === 'Shifting' && rollout.paused).toEqual({
      id: 'pause',
      expiresAt: expiresAt.getTime(),
      timeoutAction: 'ROLLBACK',
    })
  })

  it.each(['serviceDeploymentArn', 'status', 'targetServiceRevision'] as const)(
    'is unknown without its %s',
    (field) => {
      expect(rolloutOf({ [field]: undefined })).toBeUndefined()
    },
  )

  it('takes an implausible weight as none', () => {
    const lifecycleStage = 'PRODUCTION_TRAFFIC_SHIFT'
    const sourceServiceRevisions = [{ arn: old, requestedProductionTrafficWeight: 100 }]
    for (const weight of [-1, 101, Number.NaN])
      expect(
        traffic({
          lifecycleStage,
          sourceServiceRevisions,
          targetServiceRevision: { arn: fresh, requestedProductionTrafficWeight: weight },
        }),
      ).toEqual([[100], 0, 100])
  })
})
