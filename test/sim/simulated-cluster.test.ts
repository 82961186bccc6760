import { describe, expect, it } from 'vitest'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { byTask, eventsOf, mixedCluster, type TaskDetail, taskDetails } from './history.js'

/** A long and eventful life: the versions of each of its tasks. */
const history: readonly (readonly TaskDetail[])[] = byTask(taskDetails(eventsOf(mixedCluster(1), 20_000)))

describe('a simulated cluster', () => {
  it('gives the same story for the same seed, and another one for another', () => {
    const first = JSON.stringify(eventsOf(mixedCluster(5), 2_000))
    expect(JSON.stringify(eventsOf(mixedCluster(5), 2_000))).toBe(first)
    expect(JSON.stringify(eventsOf(mixedCluster(6), 2_000))).not.toBe(first)
  })

  it('numbers the versions of each task from 1 without a gap, at ever later times', () => {
    expect(history.length).toBeGreaterThan(500)
    for (const details of history) {
      expect(details.map(({ version }) => version)).toEqual(details.map((_, index) => index + 1))
      const times = details.map(({ updatedAt }) => Date.parse(updatedAt))
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    }
  })

  it('says in the newest versions of its tasks what is true', () => {
    const cluster = mixedCluster(13)
    const newest = byTask(taskDetails(eventsOf(cluster, 5_000))).map((details) => details.at(-1)!)
    const told = newest
      .filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
      .map(({ group, containers, containerInstanceArn }) => {
        const primary = containers.find(({ name }) => group === `service:${name}`)!
        const [eni] = primary.networkInterfaces
        return eni === undefined
          ? `${cluster.instance(containerInstanceArn!)!.privateIp}:${primary.networkBindings![0]!.hostPort}`
          : `${eni.privateIpv4Address}:8080`
      })
    const truth = [...cluster.truth().values()].flat()
    expect(truth.length).toBeGreaterThan(5)
    expect(told.sort()).toEqual(truth.sort())
  })

  it('keeps later versions later even if its clock stands still', () => {
    const cluster = simulatedCluster({
      seed: 3,
      services: [{ name: 'api', placement: 'fargate', desiredCount: 2 }],
      clock: () => 1_700_000_000_000,
    })
    for (const details of byTask(taskDetails(eventsOf(cluster, 500)))) {
      const times = details.map(({ updatedAt }) => Date.parse(updatedAt))
      expect(new Set(times).size).toBe(times.length)
    }
  })

  it('gives the host port of a stopped task to another task of the same machine', () => {
    const cluster = simulatedCluster({
      seed: 2,
      services: [{ name: 'web', placement: 'bridge', desiredCount: 2 }],
      instances: { ec2: 1 },
    })
    cluster.start()
    cluster.settle()
    const before = cluster.truth().get('web')
    const tasks = new Set(cluster.tasks().map(({ id }) => id))
    const [victim] = tasks
    expect(cluster.crash(victim)).toBe(true)
    expect(cluster.truth().get('web')).toHaveLength(1)
    cluster.settle()
    expect(cluster.truth().get('web')).toEqual(before)
    expect(cluster.tasks().filter(({ id }) => !tasks.has(id))).toHaveLength(1)
  })

  it('lets one address serve many tasks over time, and never two at once', () => {
    const cluster = mixedCluster(8)
    const tasksAt = new Map<string, Set<string>>()
    cluster.start()
    for (let step = 0; step < 3_000; step++) {
      cluster.step()
      const endpoints = [...cluster.truth().values()].flat()
      expect(new Set(endpoints).size).toBe(endpoints.length)
      for (const { id, endpoint } of cluster.tasks()) {
        if (endpoint === undefined) continue
        tasksAt.set(endpoint, (tasksAt.get(endpoint) ?? new Set()).add(id))
      }
    }
    for (const prefix of [/^10\.\d+\.0\./, /^10\.\d+\.64\./, /^172\./]) {
      const reused = [...tasksAt].filter(([endpoint, tasks]) => prefix.test(endpoint) && tasks.size > 1)
      expect(reused, `of ${prefix.source}`).not.toHaveLength(0)
    }
  })

  it('goes from RUNNING straight to DEPROVISIONING, or on a bridge to STOPPED, when a task crashes', () => {
    const falls = new Set(
      history.flatMap((details) =>
        details.slice(1).flatMap((detail, index) => {
          const before = details[index]!
          const fell = before.lastStatus === 'RUNNING' && before.desiredStatus === 'RUNNING'
          return fell && detail.desiredStatus === 'STOPPED'
            ? [`${detail.launchType} ${detail.lastStatus}`]
            : []
        }),
      ),
    )
    expect([...falls].sort()).toEqual([
      'EC2 DEACTIVATING',
      'EC2 DEPROVISIONING',
      'EC2 RUNNING',
      'EC2 STOPPED',
      'EXTERNAL RUNNING',
      'EXTERNAL STOPPED',
      'FARGATE DEACTIVATING',
      'FARGATE DEPROVISIONING',
      'FARGATE RUNNING',
    ])
  })

  it('sometimes leaves out attachments and addresses in a higher version, and gives them back when RUNNING', () => {
    const lost = history.flatMap((details) =>
      details.flatMap((detail, index) =>
        detail.launchType === 'FARGATE' && detail.attachments.length === 0
          ? [{ before: details[index - 1]!, detail, after: details[index + 1] }]
          : [],
      ),
    )
    expect(lost.length).toBeGreaterThan(10)
    const address = (detail: TaskDetail | undefined): string | undefined =>
      detail?.containers[0]!.networkInterfaces[0]?.privateIpv4Address
    for (const { before, detail, after } of lost) {
      expect(detail.lastStatus).toBe('ACTIVATING')
      expect(address(detail)).toBeUndefined()
      expect(address(before)).toBeDefined()
      if (after !== undefined) expect(address(after)).toBe(address(before))
    }
  })

  it('does not keep the order of containers from one version to the next', () => {
    const orders = history.map((details) =>
      details.filter(({ group }) => group === 'service:web').map(({ containers }) => containers[0]!.name),
    )
    expect(orders.filter((names) => new Set(names).size > 1)).not.toHaveLength(0)
  })

  it('binds each bridge port twice on a dual-stack machine, and a sidecar by UDP', () => {
    const bindings = history
      .flat()
      .filter(({ group, lastStatus }) => group === 'service:web' && lastStatus === 'RUNNING')
      .flatMap(({ containers }) => containers)
      .flatMap(({ name, networkBindings = [] }) => networkBindings.map((binding) => ({ name, ...binding })))
    expect(new Set(bindings.map(({ bindIP }) => bindIP))).toEqual(new Set(['0.0.0.0', '::']))
    expect(new Set(bindings.map(({ name, protocol }) => `${name}/${protocol}`))).toEqual(
      new Set(['web/tcp', 'statsd/udp']),
    )
    expect(bindings.every(({ hostPort }) => hostPort >= 32_768)).toBe(true)
  })

  it('keeps a task RUNNING whose sidecar has exited', () => {
    const survivors = history
      .flat()
      .filter(
        ({ lastStatus, containers }) =>
          lastStatus === 'RUNNING' &&
          containers.some(({ name, lastStatus: status }) => name === 'statsd' && status === 'STOPPED'),
      )
    expect(survivors).not.toHaveLength(0)
  })

  it('mixes in events that concern no task', () => {
    const types = new Set(eventsOf(mixedCluster(1), 5_000).map((event) => event['detail-type']))
    expect([...types].sort()).toEqual([
      'ECS Container Instance State Change',
      'ECS Deployment State Change',
      'ECS Service Action',
      'ECS Task State Change',
    ])
  })

  it('writes task events of a realistic size', () => {
    const sizes = eventsOf(mixedCluster(1), 5_000)
      .filter((event) => event['detail-type'] === 'ECS Task State Change')
      .map((event) => JSON.stringify(event).length)
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    expect(mean).toBeGreaterThan(2_000)
    expect(mean).toBeLessThan(3_500)
  })

  it('has as many routable tasks as each service asks for once it has settled, all of the new revision', () => {
    const cluster = mixedCluster(4)
    cluster.start()
    for (let step = 0; step < 2_000; step++) cluster.step()
    cluster.scale('edge', 0)
    cluster.scale('web', 9)
    cluster.deploy('web', { containerPort: 9090 })
    cluster.settle()
    for (const { name, desiredCount } of cluster.services()) {
      expect(cluster.truth().get(name)).toHaveLength(desiredCount)
    }
    expect(cluster.truth().get('edge')).toEqual([])
    const serving = cluster
      .tasks()
      .filter(({ service, endpoint }) => service.name === 'web' && endpoint !== undefined)
    expect(serving.map(({ definition }) => definition.containers[0]!.containerPort)).toEqual(
      Array(9).fill(9090),
    )
  })

  it('does not hold a task routable, nor lets it crash, that drains while it is still RUNNING', () => {
    const cluster = mixedCluster(4)
    cluster.start()
    cluster.settle()
    cluster.scale('web', 0)
    const draining = cluster.tasks().filter(({ service }) => service.name === 'web')
    expect(draining.map(({ lastStatus }) => lastStatus)).toEqual(Array(6).fill('RUNNING'))
    expect(draining.map(({ endpoint }) => endpoint)).toEqual(Array(6).fill(undefined))
    expect(cluster.truth().get('web')).toEqual([])
    expect(cluster.crash(draining[0]!.id)).toBe(false)
  })

  it('never has fewer routable tasks in a deployment than the service asks for', () => {
    const cluster = simulatedCluster({
      seed: 11,
      services: [{ name: 'api', placement: 'fargate', desiredCount: 5 }],
    })
    cluster.start()
    cluster.settle()
    const counts: number[] = []
    const subscription = cluster.events$.subscribe(() => counts.push(cluster.truth().get('api')!.length))
    cluster.deploy('api')
    cluster.settle()
    subscription.unsubscribe()
    expect(counts.length).toBeGreaterThan(40)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5)
  })

  it('gives the addresses of a replaced machine to the next one', () => {
    const cluster = simulatedCluster({
      seed: 9,
      services: [{ name: 'edge', placement: 'external', desiredCount: 3 }],
      instances: { external: 2 },
    })
    cluster.start()
    cluster.settle()
    const [old] = cluster.instances()
    expect(cluster.replaceInstance(old!.arn)).toBe(true)
    cluster.settle()
    expect(cluster.instance(old!.arn)?.status).toBe('INACTIVE')
    expect(cluster.truth().get('edge')).toHaveLength(3)
    cluster.replaceInstance()
    cluster.settle()
    const heir = cluster.instances().at(-1)!
    expect(heir.privateIp).toBe(old!.privateIp)
    expect(heir.machineId).not.toBe(old!.machineId)
  })

  it('says nothing of health: a task with a health check is UNKNOWN until the check has a result', () => {
    const cluster = simulatedCluster({
      seed: 1,
      services: [
        { name: 'api', placement: 'fargate', desiredCount: 1, healthCheck: true },
        { name: 'web', placement: 'fargate', desiredCount: 1 },
      ],
    })
    cluster.start()
    cluster.settle()
    const healthOf = () =>
      Object.fromEntries(cluster.tasks().map((task) => [task.service.name, task.facts().health]))
    expect(healthOf()).toEqual({ api: 'UNKNOWN', web: 'HEALTHY' })
    let events = 0
    cluster.events$.subscribe(() => events++)
    const [api] = cluster.tasks().filter((task) => task.service.name === 'api')
    const { version } = api!
    expect(cluster.checkHealth(api!.id, 'HEALTHY')).toBe(true)
    expect(healthOf()).toEqual({ api: 'HEALTHY', web: 'HEALTHY' })
    expect([events, api!.version]).toEqual([0, version])
    expect(cluster.checkHealth('unknown', 'HEALTHY')).toBe(false)
  })

  it('forgets a stopped task an hour after it stopped', () => {
    let now = 1_700_000_000_000
    const cluster = simulatedCluster({
      seed: 1,
      services: [{ name: 'api', placement: 'fargate', desiredCount: 1 }],
      clock: () => now,
    })
    cluster.start()
    cluster.settle()
    const [task] = cluster.tasks()
    cluster.scale('api', 0)
    cluster.settle()
    now += 3_600_000 - 1_000
    expect(cluster.task(task!.id)?.lastStatus).toBe('STOPPED')
    now += 2_000
    expect(cluster.task(task!.id)).toBeUndefined()
  })
})
