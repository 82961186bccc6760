import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../src/core/deployment.js'
import { trafficWeight } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { observed } from '../support/observed-task.js'

const cluster = observed({ id: 'x' }).cluster
const service = cluster.replace(':cluster/', ':service/').concat('/web')
const definition = (revision: number): string =>
  `${cluster.slice(0, cluster.indexOf(':cluster/'))}:task-definition/web:${revision}`

interface Made {
  readonly revision?: number
  readonly startedBy: string
}

const task = (id: string, { revision = 7, startedBy }: Made): Task => ({
  ...observed({ id, host: id.startsWith('g') ? '10.0.0.2' : '10.0.0.1' }),
  group: 'service:web',
  definition: definition(revision),
  startedBy,
})

const described = (rollout: Rollout, at = 1): ClusterEvent => ({
  _tag: 'DeploymentDescribed',
  service,
  rollout,
  at,
})

interface Shift {
  readonly production: number
  readonly test?: number
  readonly stage?: string
  readonly redeploys?: boolean
}

const shifting = ({
  production,
  test = 0,
  stage = 'PRODUCTION_TRAFFIC_SHIFT',
  redeploys = false,
}: Shift): Rollout => ({
  _tag: 'Shifting',
  deployment: 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/shop/web/d1',
  strategy: 'CANARY',
  status: 'IN_PROGRESS',
  stage,
  source: [
    {
      revision: 'old',
      definition: definition(7),
      startedBy: ['ecs-svc/1'],
      production: 100 - production,
      test: 0,
    },
  ],
  target: {
    revision: 'new',
    definition: definition(redeploys ? 7 : 8),
    startedBy: ['ecs-svc/2'],
    production,
    test,
  },
  paused: undefined,
})

const blue = (id: string): Task => task(id, { startedBy: 'ecs-svc/1' })
const green = (id: string): Task => task(id, { revision: 8, startedBy: 'ecs-svc/2' })

const listed = (tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: (tasks[0]?.at ?? 0) + 1,
  tasks,
})

const desiredOf = (tasks: readonly Task[], ...events: readonly ClusterEvent[]) =>
  project([listed(tasks), ...events].reduce(reduce, emptyState), {
    expose: deployments(servicePorts()),
    covers: [cluster],
  })

/** The weight of each endpoint of a backend, by the id of its task. */
const weightsIn = (desired: ReturnType<typeof desiredOf>, backend = 'web') =>
  Object.fromEntries(
    (desired.backends.get(backend)?.endpoints ?? []).map((endpoint) => [
      endpoint.task.slice(endpoint.task.lastIndexOf('/') + 1),
      trafficWeight(endpoint),
    ]),
  )

const whyOf = (desired: ReturnType<typeof desiredOf>, { arn }: Task) => desired.unresolved.get(arn)?.why

describe('a service that deploys in stages', () => {
  it('keeps the new revision without production requests before its stage, and says so', () => {
    const g = green('g')
    const desired = desiredOf(
      [blue('b1'), blue('b2'), g],
      described(shifting({ production: 0, stage: 'SCALE_UP' })),
    )
    expect(weightsIn(desired)).toEqual({ b1: 1, b2: 1 })
    expect(desired.backends.get('web-test')).toBeUndefined()
    expect(desired.backends.get('web')?.complete).toBe(true)
    expect(desired.unresolved.get(g.arn)).toEqual({
      task: g.arn,
      cluster,
      why: 'held',
      detail:
        'its revision has no production traffic: deployment d1 (CANARY, IN_PROGRESS) is in stage SCALE_UP',
    })
  })

  it('gives test requests to the new revision alone, in a backend of their own', () => {
    const desired = desiredOf(
      [blue('b'), green('g')],
      described(shifting({ production: 0, test: 100, stage: 'TEST_TRAFFIC_SHIFT' })),
    )
    expect(weightsIn(desired)).toEqual({ b: 1 })
    expect(weightsIn(desired, 'web-test')).toEqual({ g: 1 })
  })

  it('gives a canary its share, however many tasks each revision has', () => {
    const blues = Array.from({ length: 20 }, (_, i) => blue(`b${i}`))
    const weights = weightsIn(desiredOf([...blues, green('g')], described(shifting({ production: 5 }))))
    expect(weights['g']).toBe(20)
    expect(weights['b0']).toBe(19)
  })

  it('gives the replaced revision nothing after the shift, as long as the new one has an endpoint', () => {
    const shifted = described(shifting({ production: 100, stage: 'BAKE_TIME' }))
    expect(weightsIn(desiredOf([blue('b'), green('g')], shifted))).toEqual({ g: 1 })
    expect(weightsIn(desiredOf([blue('b')], shifted))).toEqual({ b: 1 })
  })

  it('never gives the new revision requests before its stage, although no other is left', () => {
    const desired = desiredOf([green('g')], described(shifting({ production: 0 })))
    expect(weightsIn(desired)).toEqual({})
  })

  it('removes no endpoint for the sake of a revision with a share and without endpoints', () => {
    expect(weightsIn(desiredOf([blue('b')], described(shifting({ production: 5 }))))).toEqual({ b: 1 })
    expect(weightsIn(desiredOf([green('g')], described(shifting({ production: 5 }))))).toEqual({ g: 1 })
  })

  it('distinguishes tasks of the same definition by what started them', () => {
    const again = task('again', { startedBy: 'ecs-svc/2' })
    const desired = desiredOf([blue('b'), again], described(shifting({ production: 25, redeploys: true })))
    expect(weightsIn(desired)).toEqual({ b: 3, again: 1 })
  })

  it('holds a task whose revision cannot be determined, and says so', () => {
    const other = task('other', { startedBy: 'ecs-svc/3' })
    const desired = desiredOf([blue('b'), other], described(shifting({ production: 50, redeploys: true })))
    expect(weightsIn(desired)).toEqual({ b: 1 })
    expect(whyOf(desired, other)).toBe('held')
    expect(desired.backends.get('web')?.complete).toBe(true)
  })

  it('holds a task that has the definition of one deployment, and was started by another', () => {
    const next = task('next', { revision: 8, startedBy: 'ecs-svc/3' })
    const late = task('late', { startedBy: 'ecs-svc/3' })
    const desired = desiredOf([blue('b'), green('g'), next, late], described(shifting({ production: 50 })))
    expect(weightsIn(desired)).toEqual({ b: 1, g: 1 })
    expect([whyOf(desired, next), whyOf(desired, late)]).toEqual(['held', 'held'])
  })

  it('waits with tasks of an unknown deployment until ECS has answered, and removes nothing meanwhile', () => {
    const g = green('g')
    const desired = desiredOf([blue('b'), g], described({ _tag: 'Settled', startedBy: ['ecs-svc/1'] }))
    expect(weightsIn(desired)).toEqual({ b: 1 })
    expect(desired.backends.get('web')).toMatchObject({ complete: false, gone: [] })
    expect(whyOf(desired, g)).toBe('deployment')
    const both: Rollout = { _tag: 'Settled', startedBy: ['ecs-svc/1', 'ecs-svc/2'] }
    expect(weightsIn(desiredOf([blue('b'), g], described(both)))).toEqual({ b: 1, g: 1 })
  })

  it('lets an address of a held task leave a backend that is not known as a whole', () => {
    const g = green('g')
    const told = [blue('b'), g].map((one): ClusterEvent => ({ _tag: 'TaskChanged', task: one }))
    const state = [...told, described(shifting({ production: 0, stage: 'CLEAN_UP' }))].reduce(
      reduce,
      emptyState,
    )
    const { backends } = project(state, { expose: deployments(servicePorts()), covers: [] })
    expect(backends.get('web')?.gone).toEqual([{ host: '10.0.0.2', port: 32768 }])
  })
})

describe('a service that deploys by rolling', () => {
  const tasks = [blue('b'), green('g')]
  const plain = project([listed(tasks)].reduce(reduce, emptyState), {
    expose: servicePorts(),
    covers: [cluster],
  })

  it('is desired as without the policy, whether ECS was asked or not', () => {
    for (const events of [[], [described({ _tag: 'AtOnce', reason: 'it deploys by rolling' })]])
      expect([...desiredOf(tasks, ...events).backends]).toEqual([...plain.backends])
  })
})
