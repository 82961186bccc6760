import { defaultOwner } from 'ecs-task-stream'
import { followed } from 'ecs-task-stream/worker/clusters'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('the owner, unless one is set', () => {
  it.each([
    [['staging'], 'ecs-task-stream/staging'],
    [['b', 'a', 'b'], 'ecs-task-stream/a+b'],
    [['arn:aws:ecs:eu-west-1:123456789012:cluster/a'], 'ecs-task-stream/123456789012:eu-west-1:a'],
    [['b', 'arn:aws:ecs:eu-west-1:123456789012:cluster/b'], 'ecs-task-stream/123456789012:eu-west-1:b+b'],
    [[], 'ecs-task-stream'],
  ] as const)('of %j is %s', (clusters, owner) => {
    expect(defaultOwner(clusters)).toBe(owner)
  })

  it('is that of a worker, and distinguishes clusters of one name by account and region', () => {
    const cluster = fc
      .tuple(fc.constantFrom('eu-west-1', 'us-east-1'), fc.constantFrom('1', '2'), fc.constantFrom('a', 'b'))
      .map(([region, account, name]) => `arn:aws:ecs:${region}:${account.repeat(12)}:cluster/${name}`)
    const named = fc.oneof(fc.constantFrom('a', 'b'), cluster)
    fc.assert(
      fc.property(fc.tuple(named, named), fc.tuple(named, named), (some, others) => {
        const settings = {
          resyncSeconds: 300,
          queueUrl: undefined,
          owner: undefined,
          pruneGuard: 'on',
        } as const
        const owner = followed({ ...settings, cluster: some }).owner
        expect(owner).toBe(defaultOwner(some))
        const same = JSON.stringify([...new Set(some)].sort()) === JSON.stringify([...new Set(others)].sort())
        expect(owner === defaultOwner(others)).toBe(same)
      }),
    )
  })
})
