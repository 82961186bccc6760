import { describe, expect, it } from 'vitest'
import { decodeEvent, type Decoded } from '../../src/sources/ecs-events/ecs-event.js'

const place = 'arn:aws:ecs:eu-west-1:123456789012'
const service = `${place}:service/shop/web`

const event = (
  type: string,
  detail: Readonly<Record<string, unknown>>,
  resources: unknown = [service],
): unknown => ({
  version: '0',
  id: '6f2b9a52-51b4-4b5e-8d0c-9b8a4f4d2c11',
  'detail-type': type,
  source: 'aws.ecs',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'eu-west-1',
  resources,
  detail,
})

const deployment = (changes: Readonly<Record<string, unknown>> = {}, resources?: unknown): unknown =>
  event(
    'ECS Deployment State Change',
    {
      eventType: 'INFO',
      eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS',
      deploymentId: 'ecs-svc/1',
      updatedAt: '2026-01-02T03:04:05.6Z',
      reason: 'ECS deployment ecs-svc/1 in progress.',
      ...changes,
    },
    resources,
  )

const announced: Decoded = {
  _tag: 'Event',
  event: { _tag: 'DeploymentAnnounced', service, at: Date.parse('2026-01-02T03:04:05.6Z') },
}

const pathsOf = (decoded: Decoded): readonly string[] =>
  decoded._tag === 'Undecodable' ? decoded.errors.map(({ path }) => path) : []

describe('an event about a deployment', () => {
  it('announces it for the service in its resources', () => {
    expect(decodeEvent(deployment())).toEqual(announced)
  })

  it('of a paused hook announces it for the service in its detail', () => {
    const hook = event(
      'ECS Hook State Change',
      {
        eventName: 'HOOK_AWAITING_ACTION',
        hookId: 'ecs-pause-1',
        clusterArn: `${place}:cluster/shop`,
        serviceArn: service,
        updatedAt: '2026-01-02T03:04:05.600000000Z',
      },
      [`${place}:service-deployment/shop/web/abc`],
    )
    expect(decodeEvent(hook)).toEqual(announced)
  })

  it('is ignored if it names its service without the cluster, as before 2021', () => {
    expect(decodeEvent(deployment({}, [`${place}:service/web`]))).toEqual({
      _tag: 'Ignored',
      kind: 'aws.ecs/ECS Deployment State Change',
    })
    expect(decodeEvent(deployment({}, []))._tag).toBe('Ignored')
  })

  it('is undecodable with an implausible service, time or list, and says where', () => {
    expect(pathsOf(decodeEvent(deployment({ serviceArn: 'web' })))).toEqual(['$.detail.serviceArn'])
    expect(pathsOf(decodeEvent(deployment({ updatedAt: 'yesterday' })))).toEqual(['$.detail.updatedAt'])
    expect(pathsOf(decodeEvent(deployment({ updatedAt: '1999-01-01T00:00:00Z' })))).toEqual([
      '$.detail.updatedAt',
    ])
    expect(pathsOf(decodeEvent(deployment({}, 'no list')))).toEqual(['$.resources'])
    expect(pathsOf(decodeEvent(deployment({ updatedAt: undefined })))).toEqual(['$.detail.updatedAt'])
  })
})
