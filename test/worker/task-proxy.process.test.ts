import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { ask, codeOf, dialled, ending } from '../sinks/tcp-proxy-task.js'
import { freePort } from '../support/free-port.js'
import { ambassador } from './ambassador.js'
import { commandProcess } from './command-process.js'

const soon = { timeout: 60_000, interval: 20 }
const ready = 'ready: every required sink has reached a complete state'

let queues: EmbeddedSqs
beforeAll(async () => {
  queues = await embeddedSqs()
})
afterAll(() => queues.close())

const at = (port: number) => ({ host: '127.0.0.1', port })

/** Which tasks answer, asked often enough that at random none is left out; or why nobody does. */
const answering = async (port: number): Promise<readonly string[]> => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(at(port)).catch(codeOf)))
  return [...new Set(answers)].sort()
}

const metric = async (status: string, pattern: RegExp): Promise<number> => {
  const page = await (await fetch(`${status}/metrics`)).text()
  return Number(pattern.exec(page)?.[1] ?? NaN)
}

describe('the worker task-proxy, over the wire', () => {
  it('takes the flags of ecs-task-kite, follows events, and drains when it is stopped', async () => {
    const port = await freePort()
    const here = await ambassador({
      queues,
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 3, containerPort: port },
        { name: 'other', placement: 'bridge', desiredCount: 2, containerPort: port },
      ],
    })
    await here.serveAll()
    const worker = here.start([
      '-name=web',
      '-family',
      'web',
      '-public=F',
      '-cluster=staging',
      '-loglevel',
      'verbose',
      'stray',
      '-cluster=other',
    ])
    const { status } = (await worker.logged('started')) as { status: string }
    await worker.logged(
      'ignored: stray -cluster=other. The first word that is not part of a flag ends the flags; a switch takes its value after =, as in -public=false',
    )
    await worker.logged('LOGLEVEL: "verbose" is not a log level, so info is used')
    await worker.logged(ready)
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))

    here.cluster.scale('web', 5)
    here.cluster.settle()
    await here.serveAll()
    await here.tell(here.events())
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
    expect(here.live('web')).toHaveLength(5)

    // A connection to a task that goes on until it ends, though the task is told to stop.
    const held = await dialled(at(port))
    await expect.poll(() => metric(status, /proxy_connections\{port="\d+"\} (\d+)/), soon).toBe(1)
    here.cluster.scale('web', 0)
    here.cluster.settle()
    await here.tell(here.events())
    await expect.poll(() => answering(port), soon).toEqual(['ECONNREFUSED'])
    expect(await metric(status, /proxy_addresses\{port="\d+"\} (\d+)/)).toBe(0)
    expect(await metric(status, /proxy_listening\{port="\d+"\} (\d+)/)).toBe(0)
    held.end()
    expect(await ending(held)).toBe('ended')
    expect(await metric(status, /proxy_cut_connections_total\{port="\d+",reason="drain"\} (\d+)/)).toBe(0)

    here.cluster.scale('web', 1)
    here.cluster.settle()
    await here.serveAll()
    await here.tell(here.events())
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
    const open = await dialled(at(port))
    await expect.poll(() => metric(status, /proxy_connections\{port="\d+"\} (\d+)/), soon).toBe(1)
    worker.signal('SIGTERM')
    await worker.logged('stopping')
    await expect.poll(() => answering(port), soon).toEqual(['ECONNREFUSED'])
    open.end()
    expect(await ending(open)).toBe('ended')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })

  it('replaces all tasks under load: no request fails that was not in flight to a task that died', async () => {
    const port = await freePort()
    const here = await ambassador({
      queues,
      services: [{ name: 'web', placement: 'bridge', desiredCount: 4, containerPort: port }],
    })
    await here.serveAll()
    const worker = here.start(['-name', 'web', '-service', 'web', '-cluster', 'staging'])
    await worker.logged(ready)
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))

    interface Request {
      readonly began: number
      readonly over: number
      readonly answer: string
    }
    const requests: Request[] = []
    let loading = true
    const client = async (): Promise<void> => {
      while (loading) {
        const began = performance.now()
        const answer = await ask(at(port), 'a request').catch(codeOf)
        requests.push({ began, over: performance.now(), answer })
      }
    }
    const load = Promise.all(Array.from({ length: 16 }, client))
    const answered = (count: number): Promise<void> => {
      const from = requests.length
      return vi.waitFor(() => expect(requests.length).toBeGreaterThan(from + count), { ...soon, interval: 5 })
    }
    const failed = (): readonly Request[] => requests.filter(({ answer }) => !/^[0-9a-f]{32}$/.test(answer))

    /** Rolls out a new revision; `stop` is what becomes of the process of a task that ECS says has stopped. */
    const roll = async (stop: (endpoint: string) => Promise<void> | void): Promise<void> => {
      const old = new Map(here.servers)
      const before = here.live('web')
      here.cluster.deploy('web')
      here.cluster.settle()
      await here.serveAll()
      for (const event of here.events()) {
        await here.tell([event])
        await answered(10)
      }
      const after = here.live('web')
      expect(after.filter((id) => before.includes(id))).toEqual([])
      await expect
        .poll(() => {
          const latest = requests.slice(-40).map(({ answer }) => answer)
          return latest.every((answer) => after.includes(answer))
        }, soon)
        .toBe(true)
      for (const endpoint of old.keys()) {
        await stop(endpoint)
        here.servers.delete(endpoint)
      }
    }

    // Tasks that end what they have begun, as ECS gives them the time to: nothing fails at all.
    await roll((endpoint) => here.servers.get(endpoint)?.stop())
    await answered(200)
    expect(failed()).toEqual([])

    // Tasks that die in the middle, and nobody has told it yet: what they had dies with them, and nothing else.
    const deaths: { readonly from: number; readonly to: number }[] = []
    for (const task of here.cluster.tasks().filter(({ endpoint }) => endpoint !== undefined)) {
      const endpoint = here.endpointOf(task)
      await answered(100)
      const from = performance.now()
      await here.kill(endpoint)
      deaths.push({ from, to: performance.now() })
      await answered(100)
      here.cluster.crash(task.id)
      here.cluster.settle()
      await here.serveAll()
      await here.tell(here.events())
      await expect
        .poll(
          () =>
            requests
              .slice(-60)
              .map(({ answer }) => answer)
              .every((answer) => here.live('web').includes(answer)),
          soon,
        )
        .toBe(true)
    }
    loading = false
    await load
    expect(requests.length).toBeGreaterThan(500)
    for (const request of failed()) {
      expect(request.answer).toBe('ECONNRESET')
      // It was under way when a task died.
      expect(deaths.some(({ from, to }) => request.began <= to && from <= request.over)).toBe(true)
    }
    expect(failed().length).toBeLessThanOrEqual(16 * deaths.length)
  })

  it('follows snapshots alone, if it has no queue: an empty answer empties the pool', async () => {
    const port = await freePort()
    const here = await ambassador({
      services: [{ name: 'web', placement: 'awsvpc', desiredCount: 2, containerPort: port }],
    })
    await here.serveAll()
    const worker = here.start([], { NAME: 'web', SERVICE: 'web', CLUSTER: 'staging', RESYNC_SECONDS: '1' })
    await worker.logged('no QUEUE_URL: changes are seen only at the next snapshot')
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
    here.cluster.scale('web', 0)
    here.cluster.settle()
    await expect.poll(() => answering(port), soon).toEqual(['ECONNREFUSED'])
    for (const endpoint of [...here.servers.keys()]) await here.kill(endpoint)
    here.cluster.scale('web', 2)
    here.cluster.settle()
    await here.serveAll()
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
  })

  it('asks every 5 s, if it has no queue', async () => {
    const here = await ambassador({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 2, containerPort: await freePort() }],
    })
    const worker = here.start(['-name', 'web', '-service', 'web', '-cluster', 'staging'])
    await worker.logged(ready)
    const askedAgain = async (): Promise<number> => {
      const before = here.calls('ListTasks')
      await expect.poll(() => here.calls('ListTasks'), soon).toBeGreaterThan(before)
      return performance.now()
    }
    // A busy machine makes some pauses longer, and not all of ten: every 10 s would never be below 9.
    // All calls of the first snapshot have been made.
    let last = performance.now()
    let shortest = Infinity
    for (let pauses = 0; pauses < 10 && shortest >= 9_000; pauses++) {
      const next = await askedAgain()
      shortest = Math.min(shortest, next - last)
      last = next
    }
    expect(shortest).toBeLessThan(9_000)
  })

  it.each(['fargate', 'awsvpc', 'bridge', 'external'] as const)(
    'reaches tasks of kind %s',
    async (placement) => {
      const port = await freePort()
      const here = await ambassador({
        services: [{ name: 'web', placement, desiredCount: 2, containerPort: port, sidecar: true }],
      })
      await here.serveAll()
      const worker = here.start(['--name', 'web', '--family', 'web:1', '--cluster', here.cluster.arn])
      await worker.logged(ready)
      await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
    },
  )

  it('follows one revision of a family alone, if it is configured so', async () => {
    const port = await freePort()
    const here = await ambassador({
      queues,
      services: [{ name: 'web', placement: 'bridge', desiredCount: 2, containerPort: port }],
    })
    await here.serveAll()
    const worker = here.start(['-name', 'web', '-family', 'web:2', '-cluster', 'staging'])
    await worker.logged(ready)
    expect(await answering(port)).toEqual(['ECONNREFUSED'])
    here.cluster.deploy('web')
    here.cluster.settle()
    await here.serveAll()
    await here.tell(here.events())
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
  })

  it('connects to the public addresses of instances, if it is configured so, and asks for those of its tasks alone', async () => {
    const port = await freePort()
    const here = await ambassador({
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 2, containerPort: port },
        { name: 'elsewhere', placement: 'external', desiredCount: 2, containerPort: port },
        { name: 'own', placement: 'awsvpc', desiredCount: 2, containerPort: port },
      ],
    })
    for (const task of here.cluster.tasks().filter(({ service }) => service.name === 'web')) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.resume().on('end', () => socket.end(`in public ${task.id}`))
      })
      const { instance } = task.site
      const hostPort = Number(task.endpoint?.split(':')[1])
      server.listen(hostPort, instance!.publicIp.replace('203.', '127.'))
      await once(server, 'listening')
      onTestFinished(() => void server.close())
    }
    const worker = here.start(['-name', 'web', '-service', 'web', '-cluster', 'staging', '-public'])
    await worker.logged(ready)
    await expect.poll(() => answering(port), soon).toEqual(here.live('web').map((id) => `in public ${id}`))
    // Of the tasks of other services nothing is asked, so nothing is wrong with them: the external machines have no
    // public address that anybody tells.
    await expect.poll(() => here.calls('ListTasks'), soon).toBeGreaterThan(1)
    expect(here.calls('DescribeInstanceInformation')).toBe(0)
    expect(here.calls('DescribeTaskDefinition')).toBe(0)
    worker.signal('SIGTERM')
    const { err } = await worker.ended
    // What the SDK prints about the version of Node is none of ours.
    const warnings = err
      .split('\n')
      .filter((line) => /"level":"(warn|error)"/.test(line) && !line.includes('NodeVersionSupportWarning'))
    expect(warnings).toEqual([expect.stringContaining('no QUEUE_URL')])
  })

  it('says of UDP that it is not proxied, and proxies the rest', async () => {
    const here = await ambassador({
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 1, containerPort: await freePort(), sidecar: true },
      ],
    })
    const worker = here.start(['-name', 'statsd', '-service', 'web', '-cluster', 'staging'])
    expect(await worker.logged('rejected')).toMatchObject({
      key: '8125/udp',
      reason: 'UDP is not proxied, only TCP: clients of 8125/udp must reach the tasks themselves',
    })
    await worker.logged(ready)
  })

  it('says so when another process has the port', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const here = await ambassador({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 1, containerPort: port }],
    })
    await here.serveAll()
    const worker = here.start(['-name', 'web', '-service', 'web', '-cluster', 'staging'])
    const { reason } = await worker.logged('rejected')
    expect(reason).toContain('EADDRINUSE')
    taken.close()
    await expect.poll(() => answering(port), soon).toEqual(here.live('web'))
  })

  it('plans which ports it would listen on, and for which addresses, and listens on none', async () => {
    const port = await freePort()
    const here = await ambassador({
      services: [{ name: 'web', placement: 'bridge', desiredCount: 1, containerPort: port }],
    })
    const worker = here.start(['-name', 'web', '-service', 'web', '-cluster', 'staging', '-dry-run'])
    expect(await worker.logged('would change')).toMatchObject({ dry: true })
    expect(await answering(port)).toEqual(['ECONNREFUSED'])
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })

  it.each([
    [['-name', 'web'], 'one of them is required'],
    [['-public', 'false', '-name', 'web', '-family', 'web'], 'ignored: false -name web -family web'],
    [
      ['-name', 'web', '-family', 'web:latest'],
      '"web:latest" is neither a family nor a revision such as web:3',
    ],
    [['-family', 'web'], 'NAME (--name): missing'],
    [['-name', 'web', '-family', 'web', '-verbose'], '-verbose'],
  ])('does not start with %j', async (argv, problem) => {
    const { code, err } = await commandProcess(['task-proxy', ...argv]).ended
    expect(code).toBe(64)
    expect(err).toContain(problem)
  })
})
