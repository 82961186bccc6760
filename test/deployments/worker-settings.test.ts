import { describe, expect, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import type { Composition } from '../../src/worker/runner/composition.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'

/** What each worker that routes requires. */
const required: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'traefik-table': { CLUSTER: 'staging', TRAEFIK_TABLE: 'traefik' },
  'ecs-task-tracker': { CLUSTER: 'staging', TRAEFIK_TABLE: 'traefik', PORT: ':8080' },
  'srv-records': { CLUSTER: 'staging', ZONE_ID: 'Z0123456789ABCDEFGHIJ' },
  'traefik-http': { CLUSTER: 'staging', PORT: ':8080' },
  envoy: { CLUSTER: 'staging', PORT: ':8080' },
  target: { CLUSTER: 'staging', TARGET: 'event-bridge' },
  'task-proxy': { NAME: 'nginx', SERVICE: 'web' },
}

const routing = Object.keys(required)

const read = async (name: string, environment: Readonly<Record<string, string>> = {}) => {
  const worker = await bundled.find((each) => each.name === name)!.load()
  return worker.read(commonSettings, name, [], { REGION: 'eu-west-1', ...required[name], ...environment })
}

const composed = async (
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Composition> => {
  const reading = await read(name, environment)
  if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
  return reading.compose()
}

const asks = ({ lookups }: Composition): boolean =>
  lookups.some(({ provides = [] }) => provides.includes('deployments'))

describe.each(routing)('the worker %s', (name) => {
  it('follows deployments, and continues none, unless its settings say otherwise', async () => {
    const composition = await composed(name)
    expect(composition.expose.deployments).toBeDefined()
    expect(asks(composition)).toBe(true)
    expect(composition.drive).toBeUndefined()
  })

  it('asks nothing about deployments with DEPLOYMENTS=ignore', async () => {
    const composition = await composed(name, { DEPLOYMENTS: 'ignore' })
    expect(composition.expose.deployments).toBeUndefined()
    expect(asks(composition)).toBe(false)
  })

  it('continues paused ones with CONTINUE_PAUSED=on, which it refuses where it follows none', async () => {
    expect((await composed(name, { CONTINUE_PAUSED: 'on' })).drive).toBeDefined()
    const reading = await read(name, { CONTINUE_PAUSED: 'on', DEPLOYMENTS: 'ignore' })
    expect(JSON.stringify(reading)).toContain('a deployment that is not followed cannot be continued')
  })
})

describe('the other workers', () => {
  it('have neither setting: their readers want a new revision at once', async () => {
    const others = bundled.filter(({ name }) => !routing.includes(name))
    expect(others.map(({ name }) => name).sort()).toEqual(['id-mapper', 'prometheus'])
    for (const other of others) {
      const help = (await other.load()).read(commonSettings, other.name, ['--help'], {})
      expect(help._tag === 'Help' ? help.text : '').toContain('--cluster')
      expect(help._tag === 'Help' ? help.text : '').not.toMatch(/--deployments|--continue-paused/)
    }
  })
})

describe('the worker srv-records', () => {
  it('names the records for test requests within their zone', async () => {
    const { expose } = await composed('srv-records')
    expect(expose.deployments?.testBackend('_http._tcp.web.example')).toBe('_http._tcp.web-test.example')
  })
})
