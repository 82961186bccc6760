/** What one task claims, with the right values, in each situation that claims distinguish. */
import { describe, expect, it } from 'vitest'
import {
  awaitedHealth,
  type ClaimOptions,
  claimsOf,
  endpointIdOf,
  hostOf,
  noDefinition,
  noHost,
  originOf,
  sharedPorts,
} from '../../src/core/claim.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Rollout } from '../../src/core/deployment.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { ExposedPort, Exposure, Policy } from '../../src/core/policy.js'
import type { TaskDefinition } from '../../src/core/task-definition.js'
import type { Task } from '../../src/core/task.js'
import { cluster, observed } from '../support/observed-task.js'

const host = '10.0.0.1'
const web: ExposedPort = { backend: 'web', container: 'web', containerPort: 80, port: 32768, protocol: 'tcp' }
const task = (more: Partial<Task> = {}): Task => ({ ...observed({ id: 'a' }), definition: 'web:1', ...more })
const exposing = (exposure: Exposure, more: Partial<Policy> = {}): Policy => ({
  expose: () => exposure,
  ...more,
})
type Ports = Extract<Exposure, { readonly _tag: 'Ports' }>
const ports = (...all: readonly ExposedPort[]): Ports => ({ _tag: 'Ports', ports: all })
const definition = (more: Partial<TaskDefinition> = {}): TaskDefinition => ({
  arn: 'web:1',
  networkMode: 'bridge',
  containers: [],
  ...more,
})
const knowing = (...definitions: readonly TaskDefinition[]): ClusterState => ({
  ...emptyState,
  definitions: PersistentMap.from(definitions.map((one) => [one.arn, one])),
})
const refusing = (key: string): ClusterState => ({
  ...emptyState,
  refusals: PersistentMap.from([[key, { at: 1, reason: 'not allowed' }]]),
})

const claims = (
  one: Task,
  policy: Policy = exposing(ports(web)),
  state: ClusterState = emptyState,
  options?: ClaimOptions,
) => claimsOf(one, state, policy, 30_000, options)

const gone = { _tag: 'Gone', backend: 'web', address: { host, port: 32768 } }
const waits = (at: string | undefined) => ({ _tag: 'Waiting', backend: 'web', host: at })
const unresolved = (why: string, detail: string) => ({ task: task().arn, cluster, why, detail })
const live = {
  _tag: 'Live',
  backend: 'web',
  endpoint: {
    id: `${task().arn}#web:80/tcp`,
    task: task().arn,
    cluster,
    group: 'service:web',
    definition: 'web:1',
    container: 'web',
    containerPort: 80,
    host,
    ipv6: undefined,
    port: 32768,
    protocol: 'tcp',
    weight: undefined,
    zone: undefined,
    labels: undefined,
  },
}

it('the origin of claims is a cluster and a group, which may be none', () => {
  expect(originOf({ cluster, group: 'service:web' })).toBe(`${cluster} service:web`)
  expect(originOf({ cluster, group: undefined })).toBe(`${cluster} `)
})

it('an endpoint is named for its task, container, port and protocol', () => {
  expect(endpointIdOf({ arn: 'a' }, { container: 'web', containerPort: 80, protocol: 'udp' })).toBe(
    'a#web:80/udp',
  )
})

describe('a task that runs', () => {
  it('claims an endpoint for each of its ports', () => {
    expect(claims(task())).toStrictEqual({
      task: task().arn,
      cluster,
      group: 'service:web',
      claims: [live],
      unresolved: undefined,
      nameless: undefined,
    })
  })

  it('claims with all that the policy says, and its IPv6 address beside the other', () => {
    const one = task({ zone: 'a1', interface: { version: 1, ipv4: host, ipv6: 'fd00::1' } })
    const port: ExposedPort = { ...web, weight: 3, labels: { a: 'b' } }
    expect(claims(one, exposing(ports(port)))?.claims).toEqual([
      { ...live, endpoint: { ...live.endpoint, zone: 'a1', ipv6: 'fd00::1', weight: 3, labels: { a: 'b' } } },
    ])
    const six = task({ interface: { version: 1, ipv4: undefined, ipv6: 'fd00::1' } })
    expect(claims(six)?.claims).toMatchObject([{ endpoint: { host: 'fd00::1', ipv6: 'fd00::1' } }])
    expect(claims({ ...six, desiredStatus: 'STOPPED' })?.claims).toMatchObject([
      { address: { host: 'fd00::1', port: 32768 } },
    ])
  })

  it('claims nothing while it has no ports, or does not run yet', () => {
    expect(claims(task(), exposing(ports()))).toBeUndefined()
    expect(claims(task({ lastStatus: 'PENDING' }))).toBeUndefined()
  })

  it('claims no port of a container that has not started, and gives up that of one that ended', () => {
    const withContainer = (lastStatus: string) =>
      claims(task({ containers: task().containers.map((one) => ({ ...one, lastStatus })) }))?.claims
    expect(withContainer('PENDING')).toEqual([])
    expect(withContainer('STOPPED')).toEqual([gone])
    expect(claims(task(), exposing(ports({ ...web, container: 'other' })))?.claims).toEqual([])
  })

  it('removes its addresses once it ends, and holds no name', () => {
    const stopping = task({ desiredStatus: 'STOPPED' })
    expect(claims(stopping)).toMatchObject({ claims: [gone], unresolved: undefined, nameless: undefined })
    expect(claims(stopping, exposing(ports()))).toBeUndefined()
    expect(claims(stopping, exposing({ _tag: 'Refused', reason: 'no' }))).toBeUndefined()
    expect(claims({ ...stopping, interface: undefined })).toBeUndefined()
  })

  it('is judged by the record of a newer snapshot', () => {
    const listed = task({ containers: [] })
    const state = {
      ...emptyState,
      marks: PersistentMap.from([
        [cluster, { order: 1, at: 100_000, tasks: PersistentMap.from([[listed.arn, listed]]) }],
      ] as const),
    }
    expect(claims(task(), undefined, state)?.claims).toEqual([])
    const empty = {
      ...state,
      marks: PersistentMap.from([[cluster, { order: 1, at: 100_000, tasks: emptyState.tasks }]] as const),
    }
    expect(claims(task(), undefined, empty)?.claims).toEqual([gone])
  })
})

describe('an unhealthy task', () => {
  const sick = task({ health: { at: 1, status: 'UNHEALTHY' } })
  const probed = (healthy: boolean): ClusterState => ({
    ...emptyState,
    health: PersistentMap.from([[`${task().arn}#web:80/tcp`, { at: 1, healthy }]]),
  })

  it('is left out by default, also if ECS alone says so', () => {
    expect(claims(sick)?.claims).toEqual([gone])
    expect(claims(sick, exposing({ _tag: 'Refused', reason: 'no' }))).toBeUndefined()
    expect(claims(task(), undefined, probed(false))?.claims).toEqual([gone])
    expect(claims(task(), undefined, probed(true))?.claims).toEqual([live])
  })

  it('is kept as the last one', () => {
    const unhealthy = 'keep-the-last'
    expect(claims(sick, undefined, emptyState, { unhealthy })?.claims).toEqual([
      { ...live, _tag: 'Unhealthy' },
    ])
    expect(claims(sick, undefined, probed(true), { unhealthy })?.claims).toEqual([
      { ...live, _tag: 'Unhealthy' },
    ])
    expect(claims(task(), undefined, probed(false), { unhealthy })?.claims).toEqual([
      { ...live, _tag: 'Unhealthy' },
    ])
    expect(claims(task({ desiredStatus: 'STOPPED' }), undefined, emptyState, { unhealthy })?.claims).toEqual([
      gone,
    ])
  })
})

describe('a policy', () => {
  it('may refuse a task, or some of its ports, for a reason', () => {
    expect(claims(task(), exposing({ _tag: 'Refused', reason: 'not this one' }))).toMatchObject({
      claims: [],
      unresolved: unresolved('refused', 'not this one'),
    })
    const some = { ...ports(web), refused: ['one', 'two'] }
    expect(claims(task(), exposing(some))).toMatchObject({
      claims: [live],
      unresolved: unresolved('refused', 'one; two'),
    })
    expect(claims(task(), exposing({ ...ports(), refused: ['all'] }))).toMatchObject({
      claims: [],
      unresolved: unresolved('refused', 'all'),
      nameless: undefined,
    })
  })

  it('that gives wrong ports has them refused, of which people see three', () => {
    const wrong = [1, 2, 3, 4].map((i) => ({ ...web, backend: `b${i}`, port: 70_000 + i }))
    const told = [1, 2, 3].map(
      (i) => `the port of container "web": expected a port from 1 to 65535, got ${70_000 + i}`,
    )
    expect(claims(task(), exposing(ports(...wrong, web)))).toMatchObject({
      claims: [live],
      unresolved: unresolved('refused', told.join('; ')),
    })
    const first = told[0] ?? ''
    expect(
      claims(task(), exposing({ _tag: 'Ports', ports: wrong.slice(0, 1), refused: ['before'] }))?.unresolved
        ?.detail,
    ).toBe(`before; ${first}`)
  })

  it('that throws concerns one task', () => {
    const expose = () => {
      throw new Error('oops')
    }
    expect(claims(task(), { expose })).toMatchObject({
      claims: [],
      unresolved: unresolved('refused', 'the policy threw: Error: oops'),
    })
  })

  it('sees the containers that AWS adds if it says so', () => {
    const one = task({
      containers: task().containers.map((each) => ({ ...each, name: 'ecs-service-connect-x' })),
    })
    const seen: string[][] = []
    const policy: Policy = {
      expose: ({ containers }) => {
        seen.push(containers.map(({ name }) => name))
        return ports()
      },
    }
    claims(one, policy)
    claims(one, { ...policy, injected: 'hidden' })
    claims(one, { ...policy, injected: 'shown' })
    expect(seen).toEqual([[], [], ['ecs-service-connect-x']])
  })

  it('gets the definition of a task, or of a daemon that of one without ports', () => {
    const seen: unknown[] = []
    const policy: Policy = {
      expose: (_, given) => {
        seen.push(given)
        return ports()
      },
    }
    const daemon = 'arn:aws:ecs:eu-west-1:1:daemon-task-definition/agent:2'
    claims(task(), policy)
    claims(task(), policy, knowing(definition()))
    claims(task({ definition: undefined }), policy, knowing(definition()))
    claims(task({ definition: daemon }), policy)
    claims(task({ definition: undefined, group: 'daemon:agent' }), policy)
    expect(seen).toEqual([
      undefined,
      definition(),
      undefined,
      { arn: daemon, networkMode: 'host', containers: [] },
      { arn: '', networkMode: 'host', containers: [] },
    ])
  })
})

describe('a task whose definition is needed', () => {
  const some = exposing({ _tag: 'NeedsDefinition', backends: ['web'] })
  const any = exposing({ _tag: 'NeedsDefinition', backends: 'any' })

  it('waits under the names that it may claim, on its host', () => {
    expect(claims(task(), some)).toMatchObject({
      claims: [waits(host)],
      unresolved: unresolved('task-definition', 'web:1 is not known yet'),
      nameless: undefined,
    })
  })

  it('is nameless if these are not known', () => {
    expect(claims(task(), any)).toMatchObject({
      claims: [],
      unresolved: unresolved('task-definition', 'web:1 is not known yet'),
      nameless: { why: 'waiting', host },
    })
    expect(claims(task({ interface: undefined }), any, refusing('web:1'))).toMatchObject({
      unresolved: unresolved('lookup-refused', 'web:1: not allowed'),
      nameless: { why: 'refused', host: undefined },
    })
  })

  it('may have none that is known by name', () => {
    expect(noDefinition(task({ definition: undefined }), emptyState).detail).toBe(
      'its task definition is not known yet',
    )
  })
})

describe('a task without an address', () => {
  const homeless = task({ interface: undefined })
  const onInstance = task({ interface: undefined, instance: 'i-1' })
  const described: ClusterState = {
    ...emptyState,
    instances: PersistentMap.from([
      ['i-1', { at: 1, machine: undefined, addresses: { ipv4: '10.0.0.9', ipv6: undefined } }],
    ]),
  }
  const nameless: ClusterState = {
    ...described,
    instances: PersistentMap.from([
      ['i-1', { at: 1, machine: undefined, addresses: { ipv4: undefined, ipv6: undefined } }],
    ]),
  }

  it('waits anywhere', () => {
    expect(claims(homeless)).toMatchObject({
      claims: [waits(undefined)],
      unresolved: unresolved(
        'interface-address',
        'ECS has not reported the address of its network interface yet',
      ),
    })
    expect(claims(onInstance)?.unresolved).toEqual(
      unresolved('instance-address', 'the address of i-1 is not known yet'),
    )
    expect(claims(onInstance, undefined, refusing('i-1'))?.unresolved).toEqual(
      unresolved('lookup-refused', 'the address of i-1: not allowed'),
    )
    expect(claims(onInstance, undefined, nameless)?.claims).toEqual([waits(undefined)])
  })

  it('has that of its instance, unless it has an interface of its own', () => {
    const awsvpc = definition({ networkMode: 'awsvpc' })
    expect(hostOf(onInstance, undefined, described)?.ipv4).toBe('10.0.0.9')
    expect(hostOf(homeless, undefined, described)).toBeUndefined()
    expect(hostOf(onInstance, definition(), described)?.ipv4).toBe('10.0.0.9')
    expect(hostOf(onInstance, awsvpc, described)).toBeUndefined()
    expect(hostOf(task({ instance: 'i-1' }), definition(), described)?.ipv4).toBe(host)
    expect(noHost(onInstance, awsvpc, refusing('i-1')).why).toBe('interface-address')
    expect(noHost(onInstance, definition(), emptyState).why).toBe('instance-address')
  })
})

describe('a task that must be HEALTHY first', () => {
  const checked = knowing(
    definition({
      containers: [
        { name: 'web', image: undefined, ports: [], labels: {}, environment: {}, healthCheck: true },
      ],
    }),
  )
  const required = { healthChecks: 'required' } as const
  const detail = 'ECS has not reported it HEALTHY yet: it has not passed the health check of its definition'

  it('keeps what is there while nobody was asked, and leaves when it is known not to be', () => {
    expect(claims(task(), undefined, checked, required)).toMatchObject({
      claims: [waits(host)],
      unresolved: unresolved('health-check', detail),
    })
    const asked = task({ health: { at: 1, status: 'UNKNOWN' } })
    expect(claims(asked, undefined, checked, required)).toMatchObject({
      claims: [gone],
      unresolved: unresolved('health-check', detail),
    })
    expect(claims(asked, undefined, checked)?.claims).toEqual([live])
  })

  it('waits for a definition, too', () => {
    expect(claims(task(), undefined, emptyState, required)).toMatchObject({
      claims: [waits(host)],
      unresolved: unresolved('task-definition', 'web:1 is not known yet'),
    })
  })

  it('is offered if ECS has said so, or never will', () => {
    expect(
      claims(task({ health: { at: 1, status: 'HEALTHY' } }), undefined, checked, required)?.claims,
    ).toEqual([live])
    expect(claims(task(), undefined, knowing(definition()), required)?.claims).toEqual([live])
    const daemon = task({ definition: 'arn:aws:ecs:eu-west-1:1:daemon-task-definition/agent:2' })
    expect(awaitedHealth(daemon, undefined, emptyState)).toBeUndefined()
  })
})

describe('a task of a service that deploys in stages', () => {
  const staged: Task = task({ startedBy: 'ecs-svc/1' })
  const deployments = { testBackend: (name: string) => `${name}-test` }
  const service = cluster.replace(':cluster/', ':service/').concat('/web')
  const during = (rollout: Rollout): ClusterState => ({
    ...emptyState,
    deployments: PersistentMap.from([[service, { announcedAt: 0, described: { at: 1, rollout } }]]),
  })
  const shifting = (production: number, test: number): ClusterState =>
    during({
      _tag: 'Shifting',
      deployment: 'd/1',
      strategy: 'LINEAR',
      status: 'IN_PROGRESS',
      stage: 'S',
      source: [],
      target: { revision: 'new', definition: 'web:1', startedBy: ['ecs-svc/1'], production, test },
      paused: undefined,
    })
  const share = (percent: number) => ({ revision: 'new', role: 'target', percent, weight: 0 })
  const policy = exposing(ports(web), { deployments })

  it('has the share of its revision, of test requests under a name of their own', () => {
    expect(claims(staged, policy, shifting(20, 0))).toMatchObject({
      claims: [{ ...live, endpoint: { ...live.endpoint, share: share(20) } }],
      unresolved: undefined,
    })
    expect(claims(staged, policy, shifting(0, 100))).toMatchObject({
      claims: [
        { backend: 'web', endpoint: { share: share(0) } },
        { backend: 'web-test', endpoint: { share: share(100) } },
      ],
      unresolved: unresolved(
        'held',
        'its revision has no production traffic: deployment 1 (LINEAR, IN_PROGRESS) is in stage S',
      ),
    })
    expect(claims({ ...staged, desiredStatus: 'STOPPED' }, policy, shifting(0, 100))?.claims).toEqual([
      gone,
      { ...gone, backend: 'web-test' },
    ])
  })

  it('has one claim to a port where the service deploys by rolling', () => {
    expect(claims(staged, policy)?.claims).toEqual([live])
    const share = {
      _tag: 'Share',
      revision: '',
      role: 'source',
      production: 0,
      test: 1,
      held: undefined,
    } as const
    expect(sharedPorts([web], share, exposing(ports()))).toEqual([
      { port: web, share: { revision: '', role: 'source', percent: 0, weight: 0 } },
    ])
  })

  it('says first why ports are refused', () => {
    const some = exposing({ ...ports(web), refused: ['one'] }, { deployments })
    expect(claims(staged, some, shifting(0, 0))?.unresolved).toEqual(unresolved('refused', 'one'))
  })

  it('has all requests where the policy follows no deployments', () => {
    expect(claims(staged, undefined, shifting(0, 100))?.claims).toEqual([live])
  })

  it('changes nothing under either name until it is known', () => {
    expect(claims(staged, policy, during({ _tag: 'Settled', startedBy: [] }))).toMatchObject({
      claims: [waits(host), { ...waits(host), backend: 'web-test' }],
      unresolved: unresolved('deployment', 'ECS is being asked whether a deployment holds back its traffic'),
    })
  })
})
