import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../src/core/deployment.js'
import { type AskedDeployment, AskedService } from '../../src/sources/ecs-api/deployments/asked-service.js'

const begin = 1_000

interface Group {
  readonly startedBy: string
  readonly createdAt: number
  readonly definition?: string
}

/** A service with one task of each group. */
const serviceOf = (...groups: readonly Group[]): AskedService => {
  const service = new AskedService()
  for (const { definition, ...group } of groups) service.groups.add({ ...group, definition }, 1)
  return service
}

const old = (startedBy: string): Group => ({ startedBy, createdAt: begin - 1 })
const young = (startedBy: string, ms: number, definition?: string): Group => ({
  startedBy,
  createdAt: begin + ms,
  ...(definition === undefined ? {} : { definition }),
})

const unknown = { source: [undefined], target: undefined }
const told = { source: ['web:1'], target: 'web:2' }
const settled = (...startedBy: readonly string[]): Rollout => ({ _tag: 'Settled', startedBy })

const originsOf = (
  service: AskedService,
  before?: Rollout,
  definitions: AskedDeployment['definitions'] = unknown,
  deployment = 'd',
) => service.originsOf({ deployment, begin, definitions }, before)

describe('the origins of a deployment in progress', () => {
  it('are told by whether their tasks came before it began', () => {
    const service = serviceOf(young('green', 1), old('blue'))
    expect(originsOf(service)).toEqual({ source: ['blue'], target: ['green'] })
  })

  it('are told by definitions first: all tasks of the old revision may have been replaced since', () => {
    const service = serviceOf(young('green', 1, 'web:2'), young('blue', 2, 'web:1'))
    expect(originsOf(service, undefined, told)).toEqual({ source: ['blue'], target: ['green'] })
    expect(originsOf(service, settled('green'), told)).toEqual({ source: ['blue'], target: ['green'] })
    const alone = serviceOf(young('blue', 2, 'web:1'))
    expect(originsOf(alone, undefined, told)).toEqual({ source: ['blue'], target: [] })
  })

  it('are one of the new revision, the youngest, where definitions do not tell', () => {
    const same = { source: ['web:1'], target: 'web:1' }
    const service = serviceOf(young('green', 2, 'web:1'), young('blue', 1, 'web:1'))
    expect(originsOf(service, undefined, same)).toEqual({ source: ['blue'], target: ['green'] })
    expect(originsOf(service)).toEqual({ source: ['blue'], target: ['green'] })
    const between = serviceOf(old('older'), young('green', 2), young('blue', 1))
    expect(originsOf(between)).toEqual({ source: ['blue', 'older'], target: ['green'] })
  })

  it('are that of the old revision, if its tasks are alone and known to have had the traffic', () => {
    const service = serviceOf(young('blue', 1))
    expect(originsOf(service, settled('blue'))).toEqual({ source: ['blue'], target: [] })
    expect(originsOf(service, settled())).toEqual({ source: [], target: ['blue'] })
  })

  it('stay what they were said to be, in the same deployment', () => {
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
    const service = serviceOf(young('green', 1), young('blue', 2))
    expect(originsOf(service, before)).toEqual({ source: ['blue'], target: ['green'] })
    expect(originsOf(service, before, unknown, 'the next one')).toEqual({
      source: ['green'],
      target: ['blue'],
    })
  })
})
