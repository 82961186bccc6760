import { describe, expect, it } from 'vitest'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { ShareCheck } from '../../simulate/checks/share-check.js'
import { happeningOf } from '../../simulate/world/ecs-world.js'
import type { TargetRecord } from '../../simulate/targets/target-record.js'

/** A canary in its first step: 5 % of the requests for the new revision. */
const canary = () => {
  const cluster = simulatedCluster({
    seed: 1,
    services: [{ name: 'web', placement: 'fargate', desiredCount: 2, strategy: 'CANARY' }],
  })
  const check = new ShareCheck(() => 3_600_000, true)
  cluster.events$.subscribe((event) => {
    const task = cluster.task(String(event.detail['taskArn']).split('/').at(-1) ?? '')
    check.happened({ event, cluster, body: '', task: task && happeningOf(task) })
    check.moved(cluster)
  })
  cluster.start()
  cluster.settle()
  const old = new Set(cluster.truth().get('web'))
  cluster.deploy('web')
  cluster.reach('web', 'PRODUCTION_TRAFFIC_SHIFT')
  check.moved(cluster)
  const record = (weightOfOld: number, weightOfNew: number): TargetRecord => ({
    key: 'web',
    backend: 'web',
    owner: undefined,
    servers: new Map(
      (cluster.truth().get('web') ?? []).map((server) => [
        server,
        old.has(server) ? weightOfOld : weightOfNew,
      ]),
    ),
    ofOthers: '',
    parts: [],
  })
  return { check, record }
}

const knowing = { name: 'w1', knewLess: false }

describe('the check of shares', () => {
  it('takes weights that are what ECS says', () => {
    const { check, record } = canary()
    check.wrote(knowing, record(19, 1))
    check.checkExact(record(19, 1))
  })

  it('takes those of an earlier stage in a write, and not in the end', () => {
    const { check, record } = canary()
    check.wrote(knowing, record(1, 0))
    expect(() => check.checkExact(record(1, 0))).toThrow('shares are what ECS has said')
  })

  it('refuses weights that ECS has never said', () => {
    const { check, record } = canary()
    expect(() => check.wrote(knowing, record(1, 1))).toThrow('shares are what ECS has said')
  })

  it('allows for servers that a worker does not know yet, and for no more than these', () => {
    const { check, record } = canary()
    const starting = { ...knowing, knewLess: true }
    expect(() => check.wrote(knowing, record(9, 1))).toThrow('shares are what ECS has said')
    check.wrote(starting, record(9, 1))
    expect(() => check.wrote(starting, record(1, 1))).toThrow('shares are what ECS has said')
  })
})
