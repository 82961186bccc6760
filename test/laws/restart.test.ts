import {
  type ClusterEvent,
  type Desired,
  emptyState,
  project,
  reduce,
  servicePorts,
  type Task,
} from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'

const after = (covers: readonly string[], ...events: readonly ClusterEvent[]): Desired =>
  project(events.reduce(reduce, emptyState), { expose: servicePorts(), covers })

const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })

const listed = (of: string, ...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster: of,
  at: 1_000_000,
  tasks,
})

describe('what a fresh process may take away', () => {
  const stopped = observed({ id: 'old', version: 5, last: 'STOPPED', desired: 'STOPPED', port: 80 })

  it('is nothing before a promised snapshot: a late STOPPED may be of an address that is in use again', () => {
    expect(after([cluster], changed(stopped)).backends.get('web')).toMatchObject({
      complete: false,
      gone: [],
    })
    expect(after(['staging'], changed(stopped)).backends.get('web')?.gone).toEqual([])
  })

  it('is what a gone task held, where no snapshot is promised', () => {
    expect(after([], changed(stopped)).backends.get('web')?.gone).toEqual([{ host: '10.0.0.1', port: 80 }])
  })

  it('does not include a host on which a live task still waits for its definition', () => {
    const bare = observed({ id: 'new', host: '10.0.0.1' })
    const waiting = {
      ...bare,
      containers: bare.containers.map((container) => ({ ...container, bindings: [] })),
    }
    expect(after([], changed(stopped), changed(waiting)).backends.get('web')?.gone).toEqual([])
    const elsewhere = { ...waiting, interface: { version: 3, ipv4: '10.0.0.2', ipv6: undefined } }
    expect(after([], changed(stopped), changed(elsewhere)).backends.get('web')?.gone).toHaveLength(1)
  })

  it('is nothing while a live task waits for the address of its instance', () => {
    const placed = {
      ...observed({ id: 'new' }),
      interface: undefined,
      instance: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i',
    }
    expect(after([], changed(stopped), changed(placed)).backends.get('web')?.gone).toEqual([])
  })
})

describe('two covered clusters with services of one name', () => {
  const first = cluster.replace('staging', 'a')
  const second = cluster.replace('staging', 'b')
  const mine = observed({ id: 'b1', cluster: second })

  it('leave the name incomplete until the one that comes first has had its say', () => {
    const early = after([first, second], listed(second, mine))
    expect(early.backends.get('web')).toMatchObject({ complete: false })
    const late = after([first, second], listed(second, mine), listed(first))
    expect(late.backends.get('web')).toMatchObject({ complete: true })
  })

  it('do not wait for a cluster that could not get the name', () => {
    const one = observed({ id: 'a1', cluster: first })
    expect(after([first, second], listed(first, one)).backends.get('web')).toMatchObject({ complete: true })
  })

  it('wait for one given by name only, which could be anywhere', () => {
    const one = observed({ id: 'a1', cluster: first })
    expect(after([first, 'b'], listed(first, one)).backends.get('web')).toMatchObject({ complete: false })
  })
})

describe('an awsvpc task on an instance', () => {
  it('is not reached at the address of its instance while its own is unknown', () => {
    const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i'
    const definition = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'
    const bare = observed({ id: 'a' })
    const task = {
      ...bare,
      interface: undefined,
      instance,
      definition,
      containers: bare.containers.map((container) => ({ ...container, bindings: [] })),
    }
    const desired = after(
      [cluster],
      listed(cluster, task),
      { _tag: 'InstanceDescribed', instance, at: 0, addresses: { ipv4: '10.9.9.9', ipv6: undefined } },
      {
        _tag: 'DefinitionDescribed',
        definition: {
          arn: definition,
          networkMode: 'awsvpc',
          containers: [
            {
              name: 'web',
              ports: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 }],
              image: undefined,
              labels: {},
              environment: {},
            },
          ],
        },
      },
    )
    expect(desired.backends.get('web')).toMatchObject({ endpoints: [], complete: false })
    expect([...desired.unresolved.values()]).toMatchObject([{ why: 'interface-address' }])
  })
})
