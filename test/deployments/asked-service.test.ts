import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../src/core/deployment.js'
import { AskedService } from '../../src/sources/ecs-api/deployments/asked-service.js'

const begin = 1_000

/** A service with one task of each origin, which was created then. */
const serviceOf = (
  ...created: readonly (readonly [startedBy: string, createdAt: number])[]
): AskedService => {
  const service = new AskedService()
  for (const [startedBy, createdAt] of created) service.groups.add({ startedBy, createdAt }, 1)
  return service
}

const settled = (...startedBy: readonly string[]): Rollout => ({ _tag: 'Settled', startedBy })

describe('the origins of a deployment in progress', () => {
  it('are told by whether their tasks came before it began', () => {
    const service = serviceOf(['green', begin + 1], ['blue', begin - 1])
    expect(service.originsOf('d', begin, undefined)).toEqual({ source: ['blue'], target: ['green'] })
  })

  it('are one of the new revision, the youngest: tasks of the old one are replaced, and younger than it then', () => {
    const service = serviceOf(['green', begin + 2], ['blue', begin + 1])
    expect(service.originsOf('d', begin, undefined)).toEqual({ source: ['blue'], target: ['green'] })
    const between = serviceOf(['older', begin - 1], ['green', begin + 2], ['blue', begin + 1])
    expect(between.originsOf('d', begin, undefined)).toEqual({ source: ['blue', 'older'], target: ['green'] })
  })

  it('are that of the old revision, if its tasks are alone and known to have had the traffic', () => {
    const service = serviceOf(['blue', begin + 1])
    expect(service.originsOf('d', begin, settled('blue'))).toEqual({ source: ['blue'], target: [] })
    expect(service.originsOf('d', begin, settled())).toEqual({ source: [], target: ['blue'] })
  })

  it('stay what they were said to be', () => {
    const share = { revision: 'r', definition: undefined, production: 50, test: 0 }
    const before: Rollout = {
      _tag: 'Shifting',
      deployment: 'd',
      strategy: 'CANARY',
      status: 'IN_PROGRESS',
      stage: 'BAKE_TIME',
      source: [{ ...share, startedBy: ['blue'] }],
      target: { ...share, startedBy: ['green'] },
      paused: undefined,
    }
    const service = serviceOf(['green', begin + 1], ['blue', begin + 2])
    expect(service.originsOf('d', begin, before)).toEqual({ source: ['blue'], target: ['green'] })
    expect(service.originsOf('the next one', begin, before)).toEqual({ source: ['green'], target: ['blue'] })
  })
})
