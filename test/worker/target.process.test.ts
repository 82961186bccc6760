import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { embeddedCaddy } from '../../sim/caddy/embedded-caddy.js'
import { embeddedEventBridge } from '../../sim/event-bridge/embedded-event-bridge.js'
import { EmbeddedHaproxy } from '../../sim/haproxy/embedded-haproxy.js'
import { caddyConfig, handlersOf } from '../support/caddy-target.js'
import { fakeNginx } from '../support/fake-nginx.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { webhookReceiver, webhookSecret } from '../support/webhook-receiver.js'
import { accounts } from './account.js'

describe('the worker target, over the wire', () => {
  const account = accounts()
  const temporary = temporaryDirectories()

  it('posts what runs, and follows events', async () => {
    const { cluster, command, queueUrl, tell } = await account([
      { name: 'web', placement: 'bridge', desiredCount: 3 },
      { name: 'api', placement: 'fargate', desiredCount: 2 },
    ])
    const receiver = await webhookReceiver()
    onTestFinished(receiver.close)
    const worker = command(['target', '--target', 'webhook'], {
      QUEUE_URL: queueUrl,
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRETS: webhookSecret,
      WEBHOOK_ALLOW_HTTP: 'on',
    })
    const told = (name: string) => receiver.known.get(name)?.endpoints.map(({ address }) => address)
    const truth = (name: string) => [...(cluster.truth().get(name) ?? [])].sort()

    for (const name of ['web', 'api']) await expect.poll(() => told(name)?.toSorted()).toEqual(truth(name))
    await tell((running) => running.scale('web', 1))
    await expect.poll(() => told('web')).toEqual(truth('web'))
    expect(truth('web')).toHaveLength(1)
    expect(receiver.forged()).toBe(0)
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })

  it('puts what runs on a bus', async () => {
    const { cluster, command } = await account([{ name: 'web', placement: 'fargate', desiredCount: 2 }])
    const bridge = await embeddedEventBridge(['targets'])
    onTestFinished(bridge.close)
    command(['target'], {
      TARGET: 'event-bridge',
      EVENT_BUS_NAME: 'targets',
      AWS_ENDPOINT_URL_EVENTBRIDGE: bridge.url,
    })
    await expect
      .poll(() =>
        bridge.taken.map(({ bus, detail: { backend, endpoints } }) => ({ bus, backend, endpoints })),
      )
      .toMatchObject([
        {
          bus: 'targets',
          backend: 'web',
          endpoints: [...(cluster.truth().get('web') ?? [])].sort().map((address) => ({ address })),
        },
      ])
  })

  it('adds what runs to HAProxy, again after a reload, and follows events', async () => {
    const { cluster, command, queueUrl, tell } = await account([
      { name: 'web', placement: 'bridge', desiredCount: 3 },
      { name: 'unknown', placement: 'fargate', desiredCount: 1 },
    ])
    const haproxy = await EmbeddedHaproxy.start({ backends: { web: 'leastconn' } })
    onTestFinished(() => haproxy.close())
    const worker = command(['target', '--target', 'haproxy'], {
      QUEUE_URL: queueUrl,
      HAPROXY_ADDRESS: haproxy.address,
      HAPROXY_SERVER_OPTIONS: 'check inter 2s',
    })
    const servers = () =>
      [...(haproxy.haproxy.backends.get('web')?.servers.values() ?? [])]
        .filter(({ admin }) => admin === 0)
        .map(({ host, port }) => `${host}:${port}`)
        .sort()
    const truth = () => [...(cluster.truth().get('web') ?? [])].sort()

    await expect.poll(servers).toEqual(truth())
    haproxy.haproxy.reload()
    await expect.poll(servers).toEqual(truth())
    await tell((running) => running.scale('web', 1))
    await expect.poll(servers).toEqual(truth())
    expect(truth()).toHaveLength(1)
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })

  it('gives what runs to handlers of Caddy, and again when Caddy has lost it', async () => {
    const { cluster, command } = await account([
      { name: 'web', placement: 'fargate', desiredCount: 2 },
      { name: 'api', placement: 'bridge', desiredCount: 1 },
    ])
    const server = await embeddedCaddy(caddyConfig(['web', 'api']))
    onTestFinished(server.close)
    const worker = command(['target'], { TARGET: 'caddy', CADDY_URL: server.url })
    const told = (name: string) => {
      const upstreams = handlersOf(server.config()).get(`ecs:${name}`)?.['upstreams']
      return Array.isArray(upstreams) ? upstreams.map(({ dial }: { readonly dial: string }) => dial) : []
    }
    const truth = (name: string) => [...(cluster.truth().get(name) ?? [])].sort()
    for (const name of ['web', 'api']) await expect.poll(() => told(name)).toEqual(truth(name))
    server.load(caddyConfig(['web', 'api']))
    for (const name of ['web', 'api']) await expect.poll(() => told(name)).toEqual(truth(name))
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })

  it('writes what runs as upstreams of nginx, and has nginx load them', async () => {
    const { cluster, command } = await account([{ name: 'web', placement: 'fargate', desiredCount: 2 }])
    const home = await temporary()
    mkdirSync(join(home, 'upstreams'))
    writeFileSync(join(home, 'nginx.conf'), '')
    const worker = command(['target', '--nginx-directives', 'least_conn; keepalive 32'], {
      TARGET: 'nginx',
      NGINX_DIRECTORY: join(home, 'upstreams'),
      NGINX_COMMAND: `${fakeNginx(home)} -c ${join(home, 'nginx.conf')}`,
      NGINX_MAX_FAILS: '0',
    })
    const loaded = () => (existsSync(join(home, 'loaded')) ? readFileSync(join(home, 'loaded'), 'utf8') : '')
    const servers = [...(cluster.truth().get('web') ?? [])].sort()
    await expect
      .poll(loaded)
      .toContain(
        [
          'upstream web {',
          '    least_conn;',
          '    keepalive 32;',
          ...servers.map((address) => `    server ${address} max_fails=0;`),
          '}',
        ].join('\n'),
      )
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })

  it('refuses a secret that signs nothing, before it asks for anything', async () => {
    const { api, command } = await account([])
    const worker = command(['target', '--target', 'webhook'], {
      WEBHOOK_URL: 'https://targets.example.com/ecs',
      WEBHOOK_SECRETS: 'short',
    })
    const { code, err } = await worker.ended
    expect(code).toBe(64)
    expect(err).toContain('whsec_')
    expect(api.calls.size).toBe(0)
  })
})
