import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lifecycleRank } from '../../src/core/task-status.js'
import { Pool } from '../../src/testing/ecs-model/pool.js'
import { scalingIn } from '../../src/testing/ecs-model/stop-cause.js'
import { TaskLife } from '../../src/testing/ecs-model/task-life.js'
import type { TaskSite } from '../../src/testing/ecs-model/task-site.js'
import { runs } from '../laws/runs.js'

const place = { region: 'eu-west-1', account: '123456789012', cluster: 'production' }

const onInstance = (): TaskSite => ({
  place,
  instance: {
    arn: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/production/1',
    privateIp: '10.0.0.1',
    dualStack: false,
    ports: { tcp: new Pool(32_768), udp: new Pool(32_768) },
  },
  networkInterface: undefined,
  availabilityZone: 'eu-west-1a',
})

const onInterface = (): TaskSite => ({
  place,
  instance: undefined,
  networkInterface: {
    attachmentId: '1',
    loadBalancerAttachmentId: '2',
    id: 'eni-1',
    subnetId: 'subnet-1',
    macAddress: '02:00:5e:00:53:01',
    privateIp: '10.1.0.1',
    ipv6: undefined,
  },
  availabilityZone: 'eu-west-1a',
})

const container = (name: string, protocol: 'tcp' | 'udp') => ({
  arn: name,
  runtimeId: name,
  spec: {
    name,
    image: name,
    digest: name,
    essential: protocol === 'tcp',
    containerPort: protocol === 'tcp' ? 8080 : 8125,
    protocol,
  },
})

const lifeOn = (site: TaskSite, [pulled, loses, drains]: readonly boolean[]): TaskLife =>
  new TaskLife({
    id: '1',
    site,
    definition: {
      arn: 'web:1',
      networkMode: site.instance === undefined ? 'awsvpc' : 'bridge',
      launchType: site.instance === undefined ? 'FARGATE' : 'EC2',
    },
    containers: [container('app', 'tcp'), container('statsd', 'udp')],
    group: 'service:web',
    startedBy: 'ecs-svc/1',
    secret: 'secret',
    health: 'UNKNOWN',
    createdAt: 0,
    variations: {
      pulled: () => pulled === true,
      losesAttachments: () => loses === true,
      drains: () => drains === true,
    },
  })

const operations = {
  advance: (task: TaskLife, at: number) => {
    if (task.isMoving) task.advance(at)
  },
  stop: (task: TaskLife, at: number) => {
    if (task.desiredStatus === 'RUNNING') task.stop(scalingIn, at)
  },
  crash: (task: TaskLife, at: number) => {
    if (!task.hasStopped) task.crash(at)
  },
  'crash whole': (task: TaskLife, at: number) => {
    if (!task.hasStopped) task.crash(at, true)
  },
  'exit sidecar': (task: TaskLife, at: number) => {
    task.exitSidecar(at)
  },
}

const lives = fc.record({
  site: fc.constantFrom(onInstance, onInterface),
  variations: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  story: fc.array(
    fc.oneof(
      { arbitrary: fc.constant('advance' as const), weight: 4 },
      fc.constantFrom('stop' as const, 'crash' as const, 'crash whole' as const, 'exit sidecar' as const),
    ),
    { maxLength: 15 },
  ),
})

describe('the life of a task', () => {
  it('changes its version with what ECS writes about it, and never goes back to an earlier status', () => {
    fc.assert(
      fc.property(lives, ({ site, variations, story }) => {
        const task = lifeOn(site(), variations)
        story.forEach((operation, i) => {
          const before = { ...task.facts(), times: { ...task.times } }
          operations[operation](task, i + 1)
          const after = task.facts()
          if (after.version === before.version) expect(after).toEqual(before)
          else expect(after.version).toBe(before.version + 1)
          expect(lifecycleRank(after.lastStatus)).toBeGreaterThanOrEqual(lifecycleRank(before.lastStatus))
        })
      }),
      { numRuns: runs },
    )
  })

  it('ends with every port given back, and without an endpoint', () => {
    fc.assert(
      fc.property(lives, ({ site: makeSite, variations, story }) => {
        const site = makeSite()
        const task = lifeOn(site, variations)
        for (const operation of story) operations[operation](task, 1)
        operations.stop(task, 2)
        while (task.isMoving) task.advance(3)
        expect(task.endpoint).toBeUndefined()
        expect(task.lastStatus).toBe('STOPPED')
        expect(site.instance?.ports.tcp.take() ?? 32_768).toBe(32_768)
        expect(site.instance?.ports.udp.take() ?? 32_768).toBe(32_768)
      }),
      { numRuns: runs },
    )
  })
})
