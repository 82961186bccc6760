import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { snsHttp, type SnsHttp } from '../../sim/sns/sns-http.js'
import { command } from '../../src/worker/runner/command.js'
import { bound } from '../support/ecs-event-builder.js'
import { skippingClock } from '../support/skipping-clock.js'
import { itemOf, serverOf, serversIn } from '../support/table-of-backends.js'
import { account as accountOf, type AccountOptions } from './tracker.js'

const soon = { timeout: 60_000, interval: 20 }
const stopped = { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }

let dynamodb: EmbeddedDynamoDb
let sns: SnsHttp
const account = (options?: AccountOptions) => accountOf(dynamodb, sns, options)

beforeAll(async () => {
  dynamodb = await embeddedDynamoDb()
  sns = await snsHttp()
  // The worker asks SNS by the global fetch; TLS to SNS's name cannot be had here.
  const direct = globalThis.fetch
  vi.stubGlobal('fetch', (url: string, init: RequestInit & { redirect: 'manual'; signal: AbortSignal }) =>
    url.startsWith('https://sns.') ? sns.fetch(url, init) : direct(url, init),
  )
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(async () => {
  vi.unstubAllGlobals()
  await Promise.all([dynamodb.close(), sns.close()])
})

describe('the worker ecs-task-tracker', () => {
  it('answers the routes of ecs-task-tracker in its words', async () => {
    const { ready, table, servers, truth } = await account({
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 2 },
        { name: 'api', placement: 'fargate', desiredCount: 1 },
      ],
    })
    const { get } = await ready()
    expect(await get('/health')).toEqual({ status: 200, body: 'Healthy' })
    expect(await get('/diff')).toEqual({ status: 200, body: 'all services in sync' })
    expect(await get('/diff/web')).toEqual({ status: 200, body: 'web is in sync' })
    expect(await get('/diff/nobody')).toEqual({ status: 200, body: 'nobody is in sync' })

    for (const name of ['web', 'api'])
      await table.put({ ...(await table.get(`${name}__backend`)), version: { N: '7' }, backend: { M: {} } })
    expect(await get('/diff')).toEqual({ status: 200, body: 'services out of sync:\napi\nweb' })
    expect(await get('/diff/web')).toEqual({ status: 200, body: 'web is out of sync' })
    expect(await get('/sync/web')).toEqual({ status: 200, body: 'web synced' })
    expect(await get('/diff/web')).toEqual({ status: 200, body: 'web is in sync' })
    expect(await get('/sync')).toEqual({ status: 200, body: 'all services synced' })
    expect(await get('/diff')).toEqual({ status: 200, body: 'all services in sync' })
    expect(await servers()).toEqual(truth())

    expect(await get('/syncslow')).toEqual({
      status: 200,
      body: 'syncing a service every 1000 milliseconds',
    })
    expect(await get('/syncslow/50')).toEqual({
      status: 200,
      body: 'syncing a service every 50 milliseconds',
    })
    for (const [given, milliseconds] of [
      ['-5', -5],
      ['+5', 5],
    ])
      expect(await get(`/syncslow/${given}`)).toEqual({
        status: 200,
        body: `syncing a service every ${milliseconds} milliseconds`,
      })
    expect(await get('/syncslow/slowly')).toEqual({
      status: 500,
      body: 'expected a number of milliseconds',
    })
    expect((await get('/ready')).status).toBe(200)
    expect((await get('/metrics')).body).toContain('ecs_task_stream_ready 1')
    for (const path of ['/elsewhere', '/sync/', '/diff/', '/syncslow/', '/sync/a/b', '/diff/a/b'])
      expect(await get(path)).toMatchObject({ status: 404 })
  })

  it('answers 405 to a method that a route does not have, as the tracker did, and does nothing', async () => {
    const { ready, api } = await account()
    const { url } = await ready()
    const before = api.calls.get('ListTasks')
    for (const [method, path, allowed] of [
      ['POST', '/sync', 'GET'],
      ['HEAD', '/sync', 'GET'],
      ['HEAD', '/diff', 'GET'],
      ['DELETE', '/diff', 'GET'],
      ['PUT', '/sync/web', 'GET'],
      ['OPTIONS', '/syncslow', 'GET'],
      ['PATCH', '/syncslow/5', 'GET'],
      ['POST', '/health', 'GET'],
      ['GET', '/event', 'POST'],
      ['PUT', '/event', 'POST'],
    ] as const) {
      const answer = await fetch(`${url}${path}`, { method })
      expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, allowed])
      const body = await answer.text()
      if (method !== 'HEAD') expect(JSON.parse(body)).toEqual({ message: 'Method Not Allowed' })
    }
    expect((await fetch(`${url}/elsewhere`, { method: 'POST' })).status).toBe(404)
    expect(api.calls.get('ListTasks')).toBe(before)
  })

  it('asks ECS for every comparison, and reports a refusal', async () => {
    const clock = skippingClock()
    const { ready, api, cluster, tell, task } = await account({ clock })
    const worker = await ready({ RESYNC_SECONDS: '86400' })
    expect((await worker.get('/diff')).status).toBe(200)
    api.inject((operation) => (operation === 'ListTasks' ? 'drop' : 'ok'))
    // All at once: each waits as long as a request may.
    const paths = ['/diff', '/diff/web', '/sync', '/sync/web']
    const refused = clock.hurried(Promise.all(paths.map((path) => worker.get(path))))
    for (const { status, body } of await refused) {
      expect(status).toBe(500)
      expect(body).toContain('no complete snapshot of shop')
    }
    expect(await worker.get('/health')).toEqual({ status: 200, body: 'Healthy' })
    expect((await worker.get('/syncslow')).status).toBe(200)
    api.inject(() => 'ok')
    // Nobody tells of what happens now.
    cluster.scale('web', 1)
    cluster.settle()
    await expect.poll(async () => (await worker.get('/sync')).status).toBe(200)
    expect((await tell(worker, task('1', 40_001))).status).toBe(200)
  })

  it('answers 500 with the reason as text when it cannot sync or compare', async () => {
    const clock = skippingClock()
    const { start } = await account({ clock })
    // A table that was never there would end the worker.
    await dynamodb.createTable('nowhere')
    const { get } = await start({ TRAEFIK_TABLE: 'nowhere' })
    await expect.poll(async () => (await get('/sync')).status, soon).toBe(200)
    await dynamodb.client().send(new DeleteTableCommand({ TableName: 'nowhere' }))
    const problem = 'there is no DynamoDB table "nowhere"'
    const paths = ['/sync', '/sync/web', '/diff', '/diff/web']
    const answers = () => clock.hurried(Promise.all(paths.map((path) => get(path))))
    // The first snapshot may be late, in which case the reason is another one.
    await expect.poll(answers, soon).toEqual(
      ['error syncing services: ', 'sync(web): ', 'error comparing services: ', 'diff(web): '].map(
        (begin) => ({
          status: 500,
          body: expect.stringContaining(`${begin}${problem}`) as string,
        }),
      ),
    )
    // Otherwise it would spend its time to drain on hoping for one.
    await dynamodb.createTable('nowhere')
    const compared = async () => {
      clock.skip(5_000)
      return (await get('/diff')).body
    }
    await expect.poll(compared, soon).toBe('all services in sync')
  })

  it('does not say that a service is synced whose item has another owner', async () => {
    const { start, version } = await account({
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 1 },
        { name: 'api', placement: 'fargate', desiredCount: 1 },
      ],
      items: () => [itemOf('web', {}, { owner: { S: 'somebody' } })],
    })
    const { get } = await start()
    expect(await get('/sync')).toEqual({
      status: 500,
      body: 'error syncing services:\nweb: its record belongs to another owner',
    })
    expect(await get('/sync/api')).toEqual({ status: 200, body: 'api synced' })
    expect(await get('/diff')).toEqual({ status: 200, body: 'services out of sync:\nweb' })
    expect(await version('web')).toBe('3')
  })

  it('continues the table of ecs-task-tracker: same items, the next version, nothing else touched', async () => {
    const frontend = {
      id: { S: 'web__frontend' },
      name: { S: 'web' },
      frontend: { M: { backend: { S: 'web' } } },
    }
    const { ready, table, truth } = await account({
      items: () => [
        itemOf('web', { '10.9.9.9:32768': serverOf('http://10.9.9.9:32768') }, { team: { S: 'shop' } }),
        frontend,
      ],
    })
    await ready()
    const { version, ...item } = (await table.get('web__backend')) ?? {}
    const servers = (truth()['web'] ?? []).map((host) => [host, serverOf(`http://${host}`)] as const)
    const { version: before, ...rest } = itemOf('web', Object.fromEntries(servers), {
      team: { S: 'shop' },
      owner: { S: 'ecs-task-stream/shop' },
    })
    expect(item).toEqual(rest)
    expect(Number(version?.N)).toBeGreaterThan(Number(before?.N))
    expect(await table.get('web__frontend')).toEqual(frontend)
  })

  it('opens what changes something to who knows a secret, and what only looks to all', async () => {
    const { ready, api, task, servers, host } = await account()
    const { get, url, endpoint } = await ready({ ROUTES_TOKEN: 'old,new' })
    const refused = { status: 401, body: 'the header x-api-key does not contain a valid secret' }
    const before = api.calls.get('ListTasks')
    for (const path of ['/sync', '/sync/web', '/syncslow', '/syncslow/1']) {
      expect(await get(path)).toEqual(refused)
      expect(await get(path, { 'x-api-key': 'nope' })).toEqual(refused)
      expect((await fetch(`${url}${path}`, { method: 'HEAD' })).status).toBe(405)
    }
    expect(api.calls.get('ListTasks')).toBe(before)
    expect((await get('/sync', { 'x-api-key': 'old' })).status).toBe(200)
    expect((await get('/sync', { 'x-api-key': 'new' })).status).toBe(200)
    expect((await get('/diff')).status).toBe(200)
    expect((await get('/health')).status).toBe(200)

    // An event as EventBridge sends it, without the envelope of SNS.
    const post = (headers: Record<string, string>) =>
      fetch(endpoint, { method: 'POST', body: task('1', 40_001), headers })
    expect((await post({})).status).toBe(401)
    expect((await post({ 'x-api-key': 'nope' })).status).toBe(401)
    expect((await post({ 'x-api-key': 'new' })).status).toBe(200)
    await expect.poll(servers, soon).toMatchObject({ web: expect.arrayContaining([`${host}:40001`]) as [] })
  })

  it('writes nothing in a dry run, not even for /sync', async () => {
    const { start, table } = await account()
    const { get, logged } = await start({ DRY_RUN: 'on' })
    await logged('would change')
    expect(await get('/diff')).toEqual({ status: 200, body: 'services out of sync:\nweb' })
    expect(await get('/sync')).toEqual({
      status: 500,
      body: 'error syncing services:\nweb: a dry run writes nothing',
    })
    expect((await table.items()).size).toBe(0)
  })

  it('does not start without PORT, or with an invalid topic', async () => {
    const { env } = await account()
    const { PORT: _, ...rest } = env
    const ending = async (variables: Record<string, string>) => {
      const err: string[] = []
      const code = await command(
        ['ecs-task-tracker'],
        { env: variables, out: () => undefined, err: (text: string) => err.push(text) } as never,
        { version: '0.0.0' },
      )
      return { code, err: err.join('') }
    }
    const { code, err } = await ending(rest)
    expect(code).toBe(64)
    expect(err).toContain('PORT (--port): is required')
    const other = await ending({ ...env, TOPIC_ARNS: 'ecs-events' })
    expect(other.code).toBe(64)
    expect(other.err).toContain('TOPIC_ARNS (--topic-arns): "ecs-events" is not a topic ARN')
  })

  it('confirms subscriptions on every path, and accepts messages of the configured topics only', async () => {
    const { ready, task } = await account()
    const { url, endpoint } = await ready({ TOPIC_ARNS: sns.topicArn })
    const asked = sns.asked.length
    expect((await sns.post(`${url}/`, sns.confirmation())).status).toBe(200)
    expect(await sns.post(endpoint, sns.confirmation())).toMatchObject({
      status: 200,
      text: 'subscribed to sns',
    })
    expect(sns.asked.slice(asked).filter((each) => each.includes('Action=ConfirmSubscription'))).toHaveLength(
      2,
    )
    const TopicArn = 'arn:aws:sns:eu-west-1:123456789012:another'
    expect((await sns.post(endpoint, sns.notification(task('1', 40_001), { TopicArn }))).status).toBe(403)
    expect(await sns.post(endpoint, sns.notification(task('1', 40_001)))).toMatchObject({
      status: 200,
      text: 'ecs event processes successfully',
    })
    expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(404)
  })

  it('has SNS send messages again until it knows in which account its cluster is', async () => {
    const { start, api, task, tell } = await account({ account: '123456789012' })
    api.inject((operation) => (operation === 'DescribeClusters' ? 'throttle' : 'ok'))
    const worker = await start()
    expect((await tell(worker, task('1', 40_001))).status).toBe(503)
    api.inject(() => 'ok')
    await expect.poll(async () => (await tell(worker, task('1', 40_001))).status, soon).toBe(200)
  })

  it('believes unsigned messages with SNS_VERIFY=off, and says so', async () => {
    const { ready, task, servers, host } = await account()
    const { endpoint, logged } = await ready({ SNS_VERIFY: 'off' })
    await logged(/^SNS_VERIFY=off: /)
    const unsigned = sns.notification(task('1', 40_001), { Signature: '' })
    expect((await sns.post(endpoint, unsigned)).status).toBe(200)
    await expect.poll(servers, soon).toMatchObject({ web: expect.arrayContaining([`${host}:40001`]) as [] })
  })
})

describe('what is listed as bugs of ecs-task-tracker', () => {
  it('bug 1: a sidecar or a second port never gets the traffic of the service', async () => {
    const { ready, tell, task, servers, host } = await account({ services: [] })
    const worker = await ready()
    const containers = [
      { name: 'proxy', lastStatus: 'RUNNING', networkBindings: [bound(9, 40_009)] },
      { name: 'web', lastStatus: 'RUNNING', networkBindings: [bound(8443, 40_443), bound(8080, 40_080)] },
    ]
    await tell(worker, task('1', 0, { containers }))
    await tell(worker, task('2', 0, { containers: containers.toReversed().slice(0, 1) }))
    await expect.poll(servers, soon).toEqual({ web: [`${host}:40080`] })
  })

  it('bug 2: a late RUNNING does not bring a dead server back, and what an event lost is repaired without a call', async () => {
    const { ready, tell, task, cluster, servers, truth, host } = await account()
    const worker = await ready({ RESYNC_SECONDS: '1' })
    await tell(worker, task('1', 40_001, { version: 2 }))
    await expect.poll(servers, soon).toMatchObject({ web: expect.arrayContaining([`${host}:40001`]) as [] })
    await tell(worker, task('1', 40_001, { version: 4, ...stopped }))
    expect(await servers()).toEqual(truth())
    expect((await tell(worker, task('1', 40_001, { version: 3 }))).status).toBe(200)
    expect(await servers()).toEqual(truth())

    cluster.scale('web', 4)
    cluster.settle()
    await expect.poll(servers, soon).toEqual(truth())
  })

  it('bug 3: tasks with a network interface of their own are added and removed, on Fargate and on EC2', async () => {
    const { ready, tell, cluster, events, servers, truth } = await account({
      services: [
        { name: 'api', placement: 'fargate', desiredCount: 2 },
        { name: 'jobs', placement: 'awsvpc', desiredCount: 1 },
      ],
    })
    const worker = await ready()
    expect(await servers()).toEqual(truth())
    for (const event of events(() => {
      cluster.scale('api', 1)
      cluster.scale('jobs', 3)
    }))
      expect((await tell(worker, event)).status).toBe(200)
    await expect.poll(servers, soon).toEqual(truth())
    expect((await worker.get('/sync')).body).toBe('all services synced')
  })

  it('bug 4: tasks on machines of ECS Anywhere have addresses', async () => {
    const { ready, tell, cluster, events, servers, truth } = await account({
      services: [{ name: 'edge', placement: 'external', desiredCount: 1 }],
    })
    const worker = await ready()
    for (const event of events(() => cluster.scale('edge', 2))) await tell(worker, event)
    await expect.poll(servers, soon).toEqual(truth())
    expect(truth()['edge']).toHaveLength(2)
  })

  it('bug 5: a group that names no service is answered 200 and changes nothing', async () => {
    const { ready, tell, task, servers, truth } = await account()
    const worker = await ready()
    for (const group of ['batch', '', undefined, 'family:web'])
      expect((await tell(worker, task('1', 40_001, { group }))).status).toBe(200)
    expect(await servers()).toEqual(truth())
  })

  it('bug 6: a late STOPPED of an old task does not remove the task that reuses its port', async () => {
    const { ready, tell, task, servers, host } = await account({ services: [] })
    const worker = await ready()
    await tell(worker, task('1', 40_001, { version: 3 }))
    await expect.poll(servers, soon).toEqual({ web: [`${host}:40001`] })
    await tell(worker, task('2', 40_001, { version: 3 }))
    for (const version of [4, 5, 6])
      expect((await tell(worker, task('1', 40_001, { version, ...stopped }))).status).toBe(200)
    expect(await servers()).toEqual({ web: [`${host}:40001`] })
    await tell(worker, task('2', 40_001, { version: 4, ...stopped }))
    expect(await servers()).toEqual({ web: [] })
  })

  it('bug 7: family:web is not pooled with service:web, and events of other clusters are left alone', async () => {
    const { cluster, ready, tell, task, api, servers, truth } = await account()
    const worker = await ready()
    const asked = api.calls.get('DescribeContainerInstances')
    const elsewhere = (what: string): string => cluster.arn.replace('cluster/shop', what)
    const other = {
      clusterArn: elsewhere('cluster/other'),
      taskArn: elsewhere('task/other/00000000000000000000000000000009'),
      containerInstanceArn: elsewhere('container-instance/other/1'),
    }
    expect((await tell(worker, task('2', 40_002, other))).status).toBe(200)
    expect((await worker.get('/metrics')).body).toMatch(
      /events_total\{source="sns-webhook",outcome="elsewhere"\} 1/,
    )
    expect((await worker.get('/sync')).status).toBe(200)
    expect(api.calls.get('DescribeContainerInstances')).toBe(asked)
    expect((await tell(worker, task('1', 40_001, { group: 'family:web' }))).status).toBe(200)
    expect((await worker.get('/sync')).status).toBe(200)
    expect(await servers()).toEqual(truth())
  })

  it('bug 8: a service of more than 100 tasks keeps every one of them', async () => {
    const { ready, servers, truth } = await account({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 230 }],
      items: (cluster) => [
        itemOf(
          'web',
          Object.fromEntries(
            (cluster.truth().get('web') ?? []).map((host) => [host, serverOf(`http://${host}`)]),
          ),
        ),
      ],
    })
    const { get } = await ready()
    expect(await get('/sync')).toEqual({ status: 200, body: 'all services synced' })
    expect(truth()['web']).toHaveLength(230)
    expect(await servers()).toEqual(truth())
  })

  it('bug 9: services with long ARNs are synced and compared, one and all', async () => {
    const { cluster, ready, table, servers, truth } = await account({
      services: [{ name: 'a'.repeat(255), placement: 'fargate', desiredCount: 1 }],
    })
    const { get } = await ready({ CLUSTER: cluster.arn })
    const [service = ''] = Object.keys(truth())
    const id = `${service}__backend`
    const spoil = async () =>
      table.put({ ...(await table.get(id)), version: { N: '70' }, backend: { M: { servers: { M: {} } } } })
    await spoil()
    expect((await get('/diff')).body).toBe(`services out of sync:\n${service}`)
    expect((await get('/sync')).body).toBe('all services synced')
    expect(await servers()).toEqual(truth())
    await spoil()
    expect((await get(`/diff/${service}`)).body).toBe(`${service} is out of sync`)
    expect((await get(`/sync/${service}`)).body).toBe(`${service} synced`)
    expect(await servers()).toEqual(truth())
  })

  it('bug 10: a sync adds no task that is not running yet', async () => {
    const { ready, cluster, servers, truth } = await account()
    const { get } = await ready()
    cluster.scale('web', 4)
    const before = truth()
    expect(before['web']).toHaveLength(2)
    expect((await get('/sync')).body).toBe('all services synced')
    expect(await servers()).toEqual(before)
    cluster.settle()
    expect((await get('/sync')).body).toBe('all services synced')
    expect(await servers()).toEqual(truth())
  })

  it('bug 10: a lookup that fails costs no server, and the sync says so', async () => {
    const clock = skippingClock()
    const { start, api, servers, truth } = await account({
      clock,
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 3 },
        { name: 'api', placement: 'fargate', desiredCount: 1 },
      ],
      items: (cluster) => [
        itemOf(
          'web',
          Object.fromEntries(
            (cluster.truth().get('web') ?? []).map((host) => [host, serverOf(`http://${host}`)]),
          ),
        ),
      ],
    })
    api.inject((operation) => (operation === 'DescribeInstances' ? 'error500' : 'ok'))
    const { get } = await start()
    await expect
      .poll(() => clock.hurried(get('/sync')), soon)
      .toEqual({
        status: 500,
        body: 'error syncing services:\nweb: some of its tasks wait for a lookup',
      })
    expect(await servers()).toEqual(truth())
    api.inject(() => 'ok')
    const synced = async () => {
      clock.skip(5_000)
      return (await get('/sync')).body
    }
    await expect.poll(synced, soon).toBe('all services synced')
    expect(await servers()).toEqual(truth())
  })

  it('bug 11: a STOPPED without an item is answered 200 and makes one without servers, and what changes nothing writes nothing', async () => {
    const { ready, tell, task, cluster, servers, version, truth, host } = await account()
    const worker = await ready()
    // A machine on which something runs, so its address is known.
    const on = cluster
      .instances()
      .find(({ privateIp }) => truth()['web']?.some((each) => each.startsWith(`${privateIp}:`)))!
    const gone = { containerInstanceArn: on.arn, group: 'service:gone', ...stopped }
    expect((await tell(worker, task('9', 40_009, gone))).status).toBe(200)
    expect((await servers())['gone']).toEqual([])
    const made = await servers()
    for (const version of [7, 8]) await tell(worker, task('9', 40_009, { ...gone, version }))
    expect(await servers()).toEqual(made)
    expect(await version('gone')).toBe('0')
    // Of a machine of which nothing is known it cannot be told where the task was: nothing is written.
    const elsewhere = { containerInstanceArn: `${on.arn}9`, group: 'service:lost', ...stopped }
    expect((await tell(worker, task('8', 40_008, elsewhere))).status).toBe(200)
    expect(await servers()).toEqual(made)
    const { web = [] } = truth()
    await tell(worker, task('1', 40_001))
    await expect.poll(servers, soon).toMatchObject({ web: [...web, `${host}:40001`].sort() })
    const held = await version('web')
    await tell(worker, task('1', 40_001))
    await tell(worker, task('1', 40_001, { version: 6 }))
    expect((await worker.get('/sync')).status).toBe(200)
    expect(await version('web')).toBe(held)
  })

  it('bug 12: first events that come at once, to two workers, lose no server', async () => {
    const { ready, tell, task, servers, host } = await account({ services: [] })
    const workers = [await ready(), await ready()]
    const ids = ['1', '2', '3', '4']
    const answers = await Promise.all(
      workers.flatMap((worker, w) =>
        (w === 0 ? ids : ids.toReversed()).map((id) => tell(worker, task(id, 40_000 + Number(id)))),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await expect.poll(servers, soon).toEqual({ web: ids.map((id) => `${host}:4000${id}`) })
  })

  it('bug 13: an item that was made by hand, without a version, is taken over', async () => {
    const { version: _, ...byHand } = itemOf('web', {})
    const { ready, servers, version, truth } = await account({ items: () => [byHand] })
    const { get } = await ready()
    expect(await servers()).toEqual(truth())
    expect(Number(await version('web'))).toBeGreaterThanOrEqual(0)
    expect((await get('/diff')).body).toBe('all services in sync')
  })

  it('bug 14: attributes that we do not know and weights that people set survive', async () => {
    const weighted = (host: string) => serverOf(`http://${host}`, '5', { note: { S: 'the large one' } })
    const { ready, tell, task, table, truth, host } = await account({
      items: (cluster) => {
        const [first = ''] = cluster.truth().get('web') ?? []
        return [
          itemOf(
            'web',
            {},
            {
              backend: {
                M: {
                  servers: { M: { [first]: weighted(first) } },
                  loadBalancer: { M: { method: { S: 'drr' }, novelty: { BOOL: true } } },
                },
              },
            },
          ),
        ]
      },
    })
    const worker = await ready()
    await tell(worker, task('1', 40_001))
    const item = () => table.get('web__backend')
    await expect.poll(async () => Object.keys(serversIn(await item())), soon).toContain(`${host}:40001`)
    expect((await worker.get('/sync')).status).toBe(200)
    const [first = ''] = truth()['web'] ?? []
    expect(serversIn(await item())[first]).toEqual(weighted(first))
    expect((await item())?.['backend']?.M?.['loadBalancer']).toEqual({
      M: { method: { S: 'drr' }, novelty: { BOOL: true } },
    })
  })

  it('bug 15: the item of a service that is gone keeps no server, and no item of another owner is touched', async () => {
    const dead = { '10.9.9.9:1': serverOf('http://10.9.9.9:1') }
    const { ready, servers, version, truth } = await account({
      items: () => [itemOf('gone', dead, { owner: { S: 'ecs-task-stream/shop' } }), itemOf('by-hand', dead)],
    })
    await ready()
    await expect.poll(servers, soon).toEqual({ ...truth(), gone: [], 'by-hand': ['10.9.9.9:1'] })
    expect(await version('by-hand')).toBe('3')
  })

  it('bug 16: nothing is believed that SNS has not signed for a topic of ours, and no URL but SNS’s is followed', async () => {
    const { ready, task, servers, truth } = await account({ account: '123456789012' })
    const { url, endpoint, logged } = await ready()
    await logged(/^no TOPIC_ARNS: /)
    const asked = sns.asked.length
    const event = task('1', 40_001)
    const forged = { ...sns.notification(event), Message: task('2', 40_002) }
    expect((await sns.post(endpoint, forged)).status).toBe(403)
    expect(
      (await sns.post(endpoint, sns.notification('{"source":"aws.ecs","detail-type":"x"}'))).status,
    ).toBe(200)
    for (const TopicArn of [
      'arn:aws:sns:eu-west-1:999999999999:ecs-events',
      'arn:aws:sns:us-east-1:123456789012:ecs-events',
    ])
      expect((await sns.post(endpoint, sns.notification(event, { TopicArn }))).status).toBe(403)
    for (const SubscribeURL of [
      'http://169.254.169.254/latest/meta-data/',
      `${url}/sync`,
      'https://sns.eu-west-1.amazonaws.com.example.com/?Action=ConfirmSubscription',
    ])
      expect((await sns.post(`${url}/any`, sns.confirmation({ SubscribeURL }))).status).toBe(403)
    const raw = {
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-topic-arn': sns.topicArn,
      'x-amz-sns-rawdelivery': 'true',
    }
    expect((await fetch(endpoint, { method: 'POST', body: event, headers: raw })).status).toBe(403)
    expect((await fetch(endpoint, { method: 'POST', body: event })).status).toBe(403)
    expect(sns.asked.slice(asked).every((each) => each === sns.certificateUrl)).toBe(true)
    expect(await servers()).toEqual(truth())
  })

  it('bug 16: events may come by a queue as well', async () => {
    const queues = await embeddedSqs()
    const { cluster, ready, task, servers, truth, host } = await account()
    const { url: QUEUE_URL } = await queues.createQueue('events')
    // The embedded queue is in us-east-1.
    await ready({
      QUEUE_URL,
      AWS_ENDPOINT_URL_SQS: queues.url,
      REGION: 'us-east-1',
      CLUSTER: cluster.arn,
    })
    await queues.send(QUEUE_URL, [task('1', 40_001)])
    const { web = [] } = truth()
    await expect.poll(servers, soon).toEqual({ web: [...web, `${host}:40001`].sort() })
    await expect.poll(() => queues.counts(QUEUE_URL), soon).toEqual({ visible: 0, inFlight: 0 })
    await queues.close()
  })

  it('bug 17: a machine is looked up once, and slow syncs do not pile up', async () => {
    const { ready, tell, task, api } = await account({ services: [] })
    const worker = await ready()
    const ports = Array.from({ length: 20 }, (_, i) => 40_001 + i)
    await Promise.all(ports.map((port) => tell(worker, task(String(port), port))))
    await expect.poll(async () => (await worker.get('/diff')).body, soon).toBe('all services in sync')
    await expect.poll(() => api.calls.get('DescribeInstances'), soon).toBe(1)

    const before = api.calls.get('ListTasks') ?? 0
    const answers = await Promise.all(ports.map(() => worker.get('/syncslow/1')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await worker.logged('synced in the background')
    expect((await worker.get('/sync')).status).toBe(200)
    expect((api.calls.get('ListTasks') ?? 0) - before).toBeLessThanOrEqual(3)
    expect((await worker.get('/metrics')).body).toMatch(
      /ecs_task_stream_events_total\{source="sns-webhook",outcome="changed"\} 20/,
    )
  })
})
