import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'

interface Configuration {
  readonly http?: {
    readonly services?: Readonly<
      Record<string, { readonly loadBalancer: { readonly servers: readonly { readonly url: string }[] } }>
    >
    readonly routers?: Readonly<Record<string, { readonly rule: string; readonly service: string }>>
  }
}

const serversOf = ({ http }: Configuration): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    Object.entries(http?.services ?? {}).map(([name, { loadBalancer }]) => [
      name,
      loadBalancer.servers.map(({ url }) => url.replace('http://', '')).sort(),
    ]),
  )

describe('the worker traefik-http, over the wire', () => {
  const account = accounts()
  const directory = temporaryDirectories()
  const services = [
    {
      name: 'web',
      placement: 'bridge',
      desiredCount: 3,
      dockerLabels: { 'traefik.http.routers.web.rule': 'Host(`web.example.com`)' },
    },
    { name: 'api', placement: 'fargate', desiredCount: 2, dockerLabels: { 'traefik.enable': 'false' } },
    { name: 'edge', placement: 'external', desiredCount: 1 },
  ] as const

  it('serves what labels say, over HTTP and in a file, and follows events', async () => {
    const { cluster, command, queueUrl, tell } = await account(services)
    const file = join(await directory(), 'ecs.yml')
    const worker = command(['traefik-http', '--port', '127.0.0.1:0', '--traefik-file', file], {
      QUEUE_URL: queueUrl,
      READ_TOKEN: 'one,two',
    })
    const { status } = (await worker.logged('started')) as { status: string }
    const read = (token: string) => fetch(`${status}/traefik`, { headers: { 'x-api-key': token } })
    const served = async () => {
      const answer = await read('two')
      return answer.status === 200 ? serversOf((await answer.json()) as Configuration) : {}
    }
    expect((await read('three')).status).toBe(401)
    await expect.poll(async () => (await read('one')).status).toBe(200)
    const configuration = (await (await read('one')).json()) as Configuration
    const truth = (name: string) => [...(cluster.truth().get(name) ?? [])].sort()
    const names = Object.keys(serversOf(configuration))
    expect(names).toHaveLength(2)
    expect(names.some((name) => name.includes('api'))).toBe(false)
    expect(Object.values(serversOf(configuration))).toEqual(
      expect.arrayContaining([truth('web'), truth('edge')]),
    )
    expect(configuration.http?.routers?.['web']?.rule).toBe('Host(`web.example.com`)')

    await tell((running) => running.scale('web', 5))
    await expect
      .poll(async () => Object.values(await served()))
      .toEqual(expect.arrayContaining([truth('web')]))
    await expect
      .poll(async () => serversOf(JSON.parse(await readFile(file, 'utf8')) as Configuration))
      .toEqual(await served())

    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })

  it('serves a service for each ECS service when it is configured so, and keeps one without tasks', async () => {
    const { cluster, command, queueUrl, tell } = await account(services)
    const worker = command(
      [
        'traefik-http',
        '--port',
        '127.0.0.1:0',
        '--expose',
        'services',
        '--backend-name',
        '{cluster}-{service}',
      ],
      { QUEUE_URL: queueUrl },
    )
    const { status } = (await worker.logged('started')) as { status: string }
    const served = async () => {
      const answer = await fetch(`${status}/traefik`)
      return answer.status === 200 ? serversOf((await answer.json()) as Configuration) : {}
    }
    const truth = () =>
      Object.fromEntries([...cluster.truth()].map(([name, urls]) => [`staging-${name}`, [...urls].sort()]))
    await expect.poll(served).toEqual(truth())
    await tell((running) => running.scale('edge', 0))
    await expect.poll(served).toEqual({ ...truth(), 'staging-edge': [] })
  })

  it('says at once what it cannot be started with', async () => {
    const { command } = await account([])
    const { code, err } = await command(['traefik-http', '--resync-seconds', '0', '--port', ':0']).ended
    expect(code).toBe(64)
    expect(err).toContain('without snapshots the state is never complete')
    const unreachable = await command(['traefik-http']).ended
    expect(unreachable.code).toBe(64)
    expect(unreachable.err).toContain('PORT')
  })
})
