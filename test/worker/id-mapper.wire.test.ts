import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { bound } from '../support/ecs-event-builder.js'
import { type ServerSentEvent, serverSentEvents } from '../support/server-sent-events.js'
import { container, run, setting as settingOf, type SettingOptions, soon } from './mapper.js'

let queues: EmbeddedSqs
const setting = (options?: SettingOptions) => settingOf(queues, options)

beforeAll(async () => {
  queues = await embeddedSqs()
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(() => queues.close())

type Attributes = Readonly<Record<string, unknown>>
interface Service {
  readonly service_name: string
  readonly cluster_name: string
  readonly tasks: readonly Attributes[]
}
interface Page<A> {
  readonly items: readonly A[]
  readonly next: string | null
  readonly position: string
}
interface Task {
  readonly id: string
  readonly arn: string
  readonly phase: string
  readonly service: string | null
}

describe('the worker id-mapper', () => {
  it('answers from a container to its task and from the task to the container, by long and short ids', async () => {
    const { ready, taskOf } = await setting()
    const { get } = await ready()
    const task = taskOf('web')
    const { runtimeId } = task.containers[0]!
    expect(await get(`/query/container_id/${runtimeId}`)).toEqual({ status: 200, body: task.id })
    expect(await get(`/query/container_id/${runtimeId.slice(0, 12)}`)).toEqual({ status: 200, body: task.id })
    const ids = [
      task.id,
      task.id.slice(0, 8),
      task.arn,
      `shop/${task.id}`,
      task.arn.replace('task/shop/', 'task/'),
    ]
    for (const id of ids)
      expect(await get(`/query/task_id/${encodeURIComponent(id)}`)).toEqual({ status: 200, body: runtimeId })
    expect(await get('/health')).toEqual({ status: 200, body: 'All systems go!' })
  })

  it('returns all that it knows of a container, under the names of ecs_id_mapper', async () => {
    const { ready, taskOf, cluster } = await setting()
    const { json } = await ready({ GRAYLOG_FQDN: 'logs.example.com' })
    const task = taskOf('web')
    const { runtimeId, hostPort, arn, spec } = task.containers[0]!
    const { instance } = task.site
    const cadvisor = `http://${instance!.privateIp}:9070/docker/${runtimeId}`
    const graylog = `http://logs.example.com/search?rangetype=relative&fields=message%2Csource&width=1639&relative=86400&q=tag%3Adocker.${runtimeId.slice(0, 12)}#fields=log`
    const all = await json<Attributes>(`/query/container_id/${runtimeId}/_all`)
    expect(all).toEqual({
      container_id: runtimeId,
      container_name: 'web',
      container_port: '8080',
      task_id: task.id,
      task_name: 'web',
      task_version: '1',
      instance_port: String(hostPort),
      instance_ip: instance!.privateIp,
      instance_id: instance!.machineId,
      instance_type: 'm6i.large',
      instance_az: instance!.availabilityZone,
      desired_status: 'RUNNING',
      known_status: 'RUNNING',
      host_name: `ip-${instance!.privateIp.replaceAll('.', '-')}.eu-west-1.compute.internal`,
      cluster_name: 'shop',
      sample_time: expect.stringMatching(/^\d{10}(\.\d+)?$/) as string,
      cadvisor_url: cadvisor,
      graylog_url: graylog,
      task_arn: task.arn,
      service_name: 'web',
      container_arn: arn,
      container_status: 'RUNNING',
      image: spec.image,
      ports: [{ container_port: 8080, instance_port: hostPort, protocol: 'tcp', count: 1 }],
    })
    expect(await json(`/query/task_id/${task.id}/_all`)).toEqual(all)
    expect(await json(`/query/container_id/${runtimeId}/urls`)).toEqual({
      cadvisor_url: cadvisor,
      graylog_url: graylog,
    })
    // Elsewhere there is less to know.
    const jobs = await json<Attributes>(`/query/task_id/${taskOf('jobs').id}/_all`)
    expect(jobs).toMatchObject({
      container_port: '8080',
      instance_port: '0',
      instance_id: taskOf('jobs').site.instance?.machineId,
      task_ip: taskOf('jobs').site.networkInterface?.privateIp,
    })
    const edge = await json<Attributes>(`/query/task_id/${taskOf('edge').id}/_all`)
    expect(edge).toMatchObject({
      instance_id: expect.stringMatching(/^mi-/) as string,
      instance_ip: cluster.instances().find(({ kind }) => kind === 'external')?.privateIp,
    })
    expect(edge).not.toHaveProperty('instance_type')
  })

  it('leads to monitoring, and nowhere else', async () => {
    const { ready, taskOf } = await setting()
    const { get, fetched } = await ready({
      graylog_fqdn: 'logs.example.com:9000',
      graylog_url: 'https://{graylog_fqdn}/search?q=tag%3Adocker.{container_id}',
      cadvisor_port: '4194',
      new_relic_account_id: '1234',
      NEW_RELIC_URL: 'https://one.newrelic.com/{new_relic_account_id}/hosts/{container_short_id}',
      NEW_RELIC_SERVICE_URL: 'https://one.newrelic.com/{new_relic_account_id}/{cluster_name}/{service_name}',
    })
    const task = taskOf('web')
    const { runtimeId } = task.containers[0]!
    const short = runtimeId.slice(0, 12)
    const urls = {
      cadvisor: `http://${task.site.instance!.privateIp}:4194/docker/${runtimeId}`,
      graylog: `https://logs.example.com:9000/search?q=tag%3Adocker.${short}`,
      newrelic: `https://one.newrelic.com/1234/hosts/${short}`,
    }
    for (const [tool, url] of Object.entries(urls))
      for (const path of [`/query/container_id/${short}/${tool}`, `/query/task_id/${task.id}/${tool}`]) {
        expect(await get(path)).toEqual({ status: 200, body: url })
        for (const redir of ['true', 'True']) {
          const { status, headers } = await fetched(`${path}?redir=${redir}`)
          expect({ status, location: headers.get('location') }).toEqual({ status: 302, location: url })
        }
      }
    expect(await get('/query/service/shop/web/newrelic')).toEqual({
      status: 200,
      body: 'https://one.newrelic.com/1234/shop/web',
    })
    // Fargate has no host to look at.
    const { status, body } = await get(`/query/task_id/${taskOf('api').id}/cadvisor`)
    expect({ status, body }).toEqual({
      status: 404,
      body: 'no cAdvisor URL: {instance_ip} of this container is not known',
    })
  })

  it('says clearly what it cannot answer', async () => {
    const { ready, taskOf } = await setting()
    const { get, fetched } = await ready()
    expect(await get('/query/container_id/nobody')).toEqual({
      status: 404,
      body: 'no known container has an id that starts with "nobody"',
    })
    expect(await get('/query/task_id/nobody/_all')).toEqual({
      status: 404,
      body: '{"error":"no known task has an id that starts with \\"nobody\\""}',
    })
    expect((await get('/query/service/shop/nobody/_all')).status).toBe(404)
    expect((await get('/query/service/elsewhere/web/_all')).status).toBe(404)
    expect((await get('/query/events/nobody')).status).toBe(404)
    expect(await get(`/query/task_id/${taskOf('web').id}/graylog`)).toEqual({
      status: 404,
      body: 'no Graylog URL: {graylog_fqdn} is not configured, or is not valid there',
    })
    expect(await get(`/query/task_id/${taskOf('web').id}/newrelic`)).toEqual({
      status: 404,
      body: 'no New Relic URL is configured',
    })
    expect(await get('/elsewhere')).toEqual({
      status: 404,
      body: 'no route GET /elsewhere: see /openapi.json',
    })
    expect(await get('/v1/tasks?limit=0')).toEqual({
      status: 400,
      body: '{"error":"querystring/limit must be >= 1"}',
    })
    expect(await get('/v1/tasks?stauts=x')).toMatchObject({
      status: 400,
      body: expect.stringContaining('querystring/stauts is unknown: expected') as string,
    })
    expect(await get('/v1/tasks?cursor=x')).toMatchObject({ status: 400 })
    expect((await get(`/query/task_id/${'a'.repeat(5_000)}`)).status).toBeGreaterThanOrEqual(400)
    for (const path of ['/report/event', '/report/map']) {
      const { status, body } = await fetched(path, { method: 'POST', body: '{"event_id":"x"}' })
      expect(status).toBe(410)
      expect(body).toContain('remove the agent')
    }
  })

  it('answers 503 until it has read every cluster, for what it has not read may be there', async () => {
    const { start, api, taskOf } = await setting()
    api.inject((operation) => (operation === 'ListTasks' ? 'throttle' : 'ok'))
    const { get, fetched, ready } = await start()
    const path = `/query/task_id/${taskOf('web').id}`
    const { status, headers, body } = await fetched(path)
    expect({ status, body }).toEqual({
      status: 503,
      body: 'not every cluster has a complete snapshot yet: try again',
    })
    expect(headers.get('retry-after')).toBe('5')
    for (const other of ['/query/container_id/x', '/query/service/shop/web/_all', '/v1/tasks', '/v1/changes'])
      expect((await get(other)).status).toBe(503)
    expect(await get('/ready')).toMatchObject({
      status: 503,
      body: expect.stringContaining('not every cluster has a complete snapshot yet') as string,
    })
    expect((await get('/health')).status).toBe(200)
    expect((await get('/openapi.json')).status).toBe(200)
    api.inject(() => 'ok')
    await ready()
    expect((await get(path)).status).toBe(200)
  })

  it('follows events: what starts is found at once, and what stops can be found for a while', async () => {
    const { ready, cluster, happens, taskOf } = await setting()
    const { json, get } = await ready({ RESYNC_SECONDS: '86400' })
    const old = taskOf('web')
    await happens(() => cluster.deploy('web'))
    const fresh = cluster
      .tasks()
      .filter(({ service, definition }) => service.name === 'web' && definition.revision === 2)
    expect(fresh).toHaveLength(2)
    for (const { id, containers } of fresh)
      await expect
        .poll(() => get(`/query/container_id/${containers[0]!.runtimeId}`), soon)
        .toEqual({ status: 200, body: id })
    const path = `/query/container_id/${old.containers[0]!.runtimeId}/_all`
    await expect.poll(async () => (await json<Attributes>(path))['known_status'], soon).toBe('STOPPED')
    const { tasks } = await json<Service>('/query/service/shop/web/_all')
    expect(tasks.map(({ task_id }) => task_id).sort()).toEqual(fresh.map(({ id }) => id).sort())
  })

  it('lists and searches, by pages', async () => {
    const { ready, cluster, taskOf } = await setting()
    const { json } = await ready()
    const ids = cluster
      .tasks()
      .map(({ id }) => id)
      .sort()
    const found: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Page<Task> = await json(`/v1/tasks?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`)
      found.push(...page.items.map(({ id }) => id))
      cursor = page.next
    }
    expect(found).toEqual(ids)
    const idsOf = async (query: string): Promise<readonly string[]> =>
      (await json<Page<Task>>(`/v1/tasks?${query}`)).items.map(({ id }) => id)
    const api = cluster
      .tasks()
      .filter(({ service }) => service.name === 'api')
      .map(({ id }) => id)
      .sort()
    expect(await idsOf('service=api')).toEqual(api)
    expect(await idsOf('cluster=shop&family=api&phase=running')).toEqual(api)
    expect(await idsOf('service=api&phase=stopped')).toEqual([])
    expect(await idsOf('cluster=elsewhere')).toEqual([])
    expect(await idsOf(`prefix=${taskOf('edge').id.slice(0, 10)}`)).toEqual([taskOf('edge').id])
    const { instance } = taskOf('web').site
    const there = cluster
      .tasks()
      .filter(({ site }) => site.instance === instance)
      .map(({ id }) => id)
      .sort()
    for (const name of [instance!.machineId, instance!.arn.slice(-32), encodeURIComponent(instance!.arn)])
      expect(await idsOf(`instance=${name}`)).toEqual(there)
    const services = await json<Page<Attributes>>('/v1/services')
    expect(services.items.map(({ name, running }) => [name, running])).toEqual([
      ['api', 2],
      ['edge', 1],
      ['jobs', 1],
      ['web', 2],
    ])
    const instances = await json<Page<Attributes>>('/v1/instances?prefix=i-')
    expect(instances.items).toContainEqual(
      expect.objectContaining({
        machine: instance!.machineId,
        ip: instance!.privateIp,
        running: there.length,
      }),
    )
    const { runtimeId } = taskOf('web').containers[0]!
    const containers = await json<Page<Attributes>>(`/v1/containers?prefix=${runtimeId.slice(0, 12)}`)
    expect(containers.items).toMatchObject([
      { id: runtimeId, task: taskOf('web').id, service: 'web', machine: instance!.machineId },
    ])
  })

  it('streams what changes, and goes on where a client has left off', async () => {
    const { ready, cluster, happens } = await setting()
    const { url, json } = await ready({ RESYNC_SECONDS: '86400' })
    const list = () => json<Page<Task>>('/v1/tasks?limit=1000')
    const phasesOf = (tasks: readonly Task[]) => new Map(tasks.map(({ id, phase }) => [id, phase]))
    const { items, position } = await list()
    const known = phasesOf(items)
    const apply = (events: readonly ServerSentEvent[]): void => {
      for (const { event, data } of events) {
        const { id, phase } = JSON.parse(data) as Task
        if (event === 'removed') known.delete(id)
        else known.set(id, phase)
      }
    }
    const running = (phases: ReadonlyMap<string, string>): number =>
      [...phases.values()].filter((phase) => phase === 'running').length

    const first = await serverSentEvents(`${url}/v1/changes?after=${position}`)
    expect(first.type).toBe('text/event-stream; charset=utf-8')
    await happens(() => cluster.scale('web', 4))
    await first.until(() => {
      apply(first.events.splice(0))
      return running(known) === 8
    })
    await first.close()

    // Meanwhile nobody listens.
    await happens(() => cluster.scale('api', 0))
    await expect.poll(async () => running(phasesOf((await list()).items)), soon).toBe(6)
    const second = await serverSentEvents(`${url}/v1/changes`, { 'last-event-id': first.lastId })
    await second.until(() => {
      apply(second.events.splice(0))
      return running(known) === 6
    })
    expect(known).toEqual(phasesOf((await list()).items))

    // What another process said means nothing to this one.
    const third = await serverSentEvents(`${url}/v1/changes`, { 'last-event-id': 'another-7' })
    await third.until(() => third.events.length > 0)
    expect(third.events[0]).toMatchObject({ event: 'reset' })

    const webOnly = await serverSentEvents(`${url}/v1/changes?service=web`)
    await happens(() => cluster.scale('edge', 0))
    await happens(() => cluster.scale('web', 3))
    await webOnly.until(() => webOnly.events.length > 0)
    expect(webOnly.events.map(({ data }) => (JSON.parse(data) as Task).service)).not.toContain('edge')
  })

  it('ends its streams when it is stopped', async () => {
    const { ready } = await setting()
    const worker = await ready()
    const { url } = worker
    const stream = await serverSentEvents(`${url}/v1/changes`)
    worker.stop()
    await stream.over
    expect((await worker.ended).code).toBe(0)
  })

  it('measures itself', async () => {
    const { ready, taskOf } = await setting()
    const { get, url } = await ready()
    await get(`/query/task_id/${taskOf('web').id}`)
    await get('/query/task_id/nobody')
    await serverSentEvents(`${url}/v1/changes`)
    const { body } = await get('/metrics')
    for (const line of [
      'ecs_task_stream_id_mapper_tasks{phase="running"} 6',
      'ecs_task_stream_id_mapper_container_ids 8',
      'ecs_task_stream_id_mapper_streams 1',
      'ecs_task_stream_id_mapper_requests_total{operation="taskById",status="200"} 1',
      'ecs_task_stream_id_mapper_requests_total{operation="taskById",status="404"} 1',
      'ecs_task_stream_ready 1',
      'ecs_task_stream_unsettled_deliveries 0',
    ])
      expect(body).toContain(`${line}\n`)
  })

  it('prints all that is wrong with its settings', async () => {
    const { env } = await setting()
    const { code, err } = await run({
      ...env,
      CADVISOR_URL: 'ftp://{instance_ip}/',
      NEW_RELIC_URL: 'https://one.newrelic.com/{container}',
      KEEP_SECONDS: 'long',
      PORT: '',
    }).ended
    expect(code).toBe(64)
    expect(err).toContain(
      'CADVISOR_URL (--cadvisor-url): expected a URL that begins with http:// or https://',
    )
    expect(err).toContain(
      'NEW_RELIC_URL (--new-relic-url): expected a known placeholder after the host, got {container}: use one of container_id,',
    )
    expect(err).toContain(
      'KEEP_SECONDS (--keep-seconds): expected a whole number of seconds from 0 to 2678400',
    )
  })
})

describe('the page about moving over', () => {
  it('differs from ecs_id_mapper where its page says so', async () => {
    const { ready, taskOf } = await setting()
    const { get, json, url } = await ready()
    const task = taskOf('web')
    const { runtimeId } = task.containers[0]!
    // Its answers, read in its source at 7c0a821, were: 200 and {}; 200 and no tasks, if ECS has the service.
    expect((await get('/query/container_id/nobody/urls')).status).toBe(404)
    expect((await get('/query/service/shop/nobody/_all')).status).toBe(404)
    // 404 and 404, for they are cut short.
    for (const id of [runtimeId.slice(0, 20), runtimeId.slice(0, 13)])
      expect(await get(`/query/container_id/${id}`)).toMatchObject({ status: 200, body: task.id })
    expect((await get(`/query/task_id/${task.id.slice(0, 30)}`)).status).toBe(200)
    // All attributes, and 405.
    const urls = await json<object>(`/query/container_id/${runtimeId}/urls`)
    expect(Object.keys(urls).filter((key) => !key.endsWith('_url'))).toEqual([])
    expect((await fetch(`${url}/query/task_id/${task.id}`, { method: 'DELETE' })).status).toBe(404)
    // The same as ever: 404 for what is not known.
    for (const path of ['/query/container_id/nobody', '/query/task_id/nobody/_all', '/query/events/nobody'])
      expect([path, (await get(path)).status]).toEqual([path, 404])
  })
})

describe('what ecs_id_mapper did wrong', () => {
  it('fault 1: rows stay forever, and a change of status makes another', async () => {
    const { ready, cluster, happens, taskOf } = await setting()
    const { get, json } = await ready({ KEEP_SECONDS: '3', RESYNC_SECONDS: '86400' })
    const task = taskOf('web')
    const { runtimeId } = task.containers[0]!
    const path = `/query/container_id/${runtimeId}`
    await happens(() => cluster.crash(task.id))
    await expect
      .poll(async () => (await json<Page<Task>>(`/v1/containers?prefix=${runtimeId}`)).items.length, soon)
      .toBe(1)
    await expect.poll(async () => (await get(path)).status, soon).toBe(404)
    expect((await get(`/query/task_id/${task.id}`)).status).toBe(404)
  })

  it('fault 2: an event names a hash and no container, and asking for events always fails', async () => {
    const { ready, cluster, happens, taskOf, tasksOf } = await setting()
    const { json } = await ready({ RESYNC_SECONDS: '86400' })
    const task = taskOf('web')
    await happens(() => cluster.crash(task.id))
    const events = () => json<readonly Attributes[]>('/query/events/web')
    await expect.poll(async () => (await events()).length, soon).toBeGreaterThanOrEqual(4)
    const all = await events()
    expect(all).toContainEqual({
      container_id: task.containers[0]!.runtimeId,
      container_name: 'web',
      task_id: task.id,
      event_action: 'removed',
      timestamp: expect.any(Number) as number,
    })
    const fresh = tasksOf('web').find(({ ordinal }) => ordinal > task.ordinal && ordinal > 6)!
    expect(all).toContainEqual(
      expect.objectContaining({ container_id: fresh.containers[0]!.runtimeId, event_action: 'added' }),
    )
  })

  it('fault 3: of every 25 containers one is not written', async () => {
    const { ready, cluster } = await setting({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 60 }],
      instances: { ec2: 3 },
    })
    const { get } = await ready()
    for (const { id, containers } of cluster.tasks())
      expect(await get(`/query/container_id/${containers[0]!.runtimeId}`)).toEqual({ status: 200, body: id })
  })

  it('fault 4: the containers of a task are merged into one', async () => {
    const { ready, taskOf } = await setting()
    const { get, json } = await ready()
    const task = taskOf('api')
    const ids = task.containers.map(({ runtimeId }) => runtimeId)
    expect(await get(`/query/task_id/${task.id}`)).toEqual({ status: 200, body: ids.join('\n') })
    const all = await json<readonly Attributes[]>(`/query/task_id/${task.id}/_all`)
    expect(all.map(({ container_name, container_id }) => [container_name, container_id])).toEqual([
      ['api', ids[0]],
      ['statsd', ids[1]],
    ])
    expect(await get(`/query/task_id/${task.id}?container=statsd`)).toEqual({ status: 200, body: ids[1] })
    expect(await json(`/query/container_id/${ids[1]!}/_all`)).toEqual(all[1])
    // What both begin with is of one task, and of two containers.
    const short = ids[0]!.slice(0, 12)
    expect(await get(`/query/container_id/${short}`)).toEqual({ status: 200, body: task.id })
    expect(await json(`/query/container_id/${short}/_all`)).toEqual(all)
  })

  it('fault 5: nothing is known before something happens on a host, and what is lost once stays lost', async () => {
    const { ready, cluster, taskOf } = await setting()
    const { get } = await ready({ RESYNC_SECONDS: '1', QUEUE_URL: '' })
    const before = taskOf('web')
    expect((await get(`/query/task_id/${before.id}`)).status).toBe(200)
    // No event of it comes through.
    cluster.scale('web', 5)
    cluster.settle()
    for (const task of cluster.tasks().filter(({ service }) => service.name === 'web'))
      await expect
        .poll(() => get(`/query/container_id/${task.containers[0]!.runtimeId}`), soon)
        .toEqual({ status: 200, body: task.id })
  })

  it('fault 6: of a container with several ports none is returned', async () => {
    const { ready, tells } = await setting()
    const { json, get } = await ready({ RESYNC_SECONDS: '86400' })
    await tells('f6', {
      containers: [
        container('web', 'docker-of-f6', [bound(8443, 32_769), bound(80, 32_768), bound(53, 32_770, 'udp')]),
      ],
    })
    await expect
      .poll(() => get('/query/container_id/docker-of-f6'), soon)
      .toEqual({ status: 200, body: 'f6' })
    expect(await json('/query/container_id/docker-of-f6/_all')).toMatchObject({
      container_port: '80',
      instance_port: '32768',
      ports: [
        { container_port: 80, instance_port: 32_768, protocol: 'tcp', count: 1 },
        { container_port: 8443, instance_port: 32_769, protocol: 'tcp', count: 1 },
        { container_port: 53, instance_port: 32_770, protocol: 'udp', count: 1 },
      ],
    })
  })

  it('fault 7: an agent on each host asks for what the API returns for all of them at once', async () => {
    const { ready, cluster, api } = await setting({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 40 }],
      instances: { ec2: 20 },
    })
    const { json } = await ready()
    const { items } = await json<Page<Attributes>>('/v1/instances')
    expect(new Map(items.map(({ id, machine, zone, ip }) => [id, { machine, zone, ip }]))).toEqual(
      new Map(
        cluster
          .instances()
          .filter(({ tasks }) => tasks.size > 0)
          .map(({ arn, machineId: machine, availabilityZone: zone, privateIp: ip }) => [
            arn.slice(arn.lastIndexOf('/') + 1),
            { machine, zone, ip },
          ]),
      ),
    )
    expect(api.calls.get('DescribeInstances')).toBe(1)
  })

  it('fault 8: an id becomes part of a query', async () => {
    const { ready } = await setting()
    const { get } = await ready()
    for (const id of ["x' or '1'='1", '%', '_', 'a"b', '*', '../_all', '\u0000', '`', '{}'].map(
      encodeURIComponent,
    )) {
      for (const side of ['container_id', 'task_id'])
        expect((await get(`/query/${side}/${id}`)).status).toBe(404)
      expect((await get(`/query/service/shop/${id}/_all`)).status).toBe(404)
    }
  })

  it('fault 9: everybody may ask', async () => {
    const { start, taskOf } = await setting()
    const path = `/query/task_id/${taskOf('web').id}`
    const { get, ready } = await start({ ROUTES_TOKEN: 'old,new' })
    await ready()
    for (const key of ['old', 'new']) expect((await get(path, { 'x-api-key': key })).status).toBe(200)
    for (const headers of [{}, { 'x-api-key': 'other' }, { 'x-api-key': '' }])
      expect(await get(path, headers)).toEqual({
        status: 401,
        body: 'the header x-api-key does not contain a valid secret',
      })
    expect((await get('/v1/tasks')).status).toBe(401)
    expect((await get('/health')).status).toBe(200)
  })

  it('fault 10: of a service with more than 100 tasks the rest is missing', async () => {
    const { ready, cluster } = await setting({
      services: [{ name: 'web', placement: 'fargate', desiredCount: 230 }],
      instances: {},
    })
    const { json } = await ready()
    const { tasks } = await json<Service>('/query/service/shop/web/_all')
    expect(tasks.map(({ task_id }) => task_id).sort()).toEqual(
      cluster
        .tasks()
        .map(({ id }) => id)
        .sort(),
    )
  })

  it('fault 11: long ARNs are taken apart in the wrong place', async () => {
    const { ready, tasksOf, cluster } = await setting()
    const { json } = await ready()
    const expected = tasksOf('web')
      .map(({ id }) => id)
      .sort()
    for (const named of ['shop', encodeURIComponent(cluster.arn)]) {
      const { tasks, service_name } = await json<Service>(`/query/service/${named}/web/_all`)
      expect(service_name).toBe('web')
      expect(tasks.map(({ task_id }) => task_id).sort()).toEqual(expected)
      expect(tasks.map(({ cluster_name }) => cluster_name)).toEqual(['shop', 'shop'])
    }
  })
})
