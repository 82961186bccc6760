import { describe, expect, it } from 'vitest'
import type { Composition } from '../../src/worker/runner/composition.js'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'

const required: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'srv-records': { CLUSTER: 'shop', ZONE_ID: 'Z0123456789ABCDEFGHIJ' },
  'task-proxy': { NAME: 'web', FAMILY: 'web' },
  'traefik-http': { CLUSTER: 'shop', PORT: '8080' },
  envoy: { CLUSTER: 'shop', PORT: '8080' },
  'traefik-table': { CLUSTER: 'shop', TRAEFIK_TABLE: 'traefik' },
  'ecs-task-tracker': { CLUSTER: 'shop', TRAEFIK_TABLE: 'traefik', PORT: '8080' },
}

const composed = async (name: string, env: Readonly<Record<string, string>>): Promise<Composition> => {
  const worker = await bundled.find((each) => each.name === name)!.load()
  const reading = worker.read(commonSettings, name, [], {
    AWS_REGION: 'eu-west-1',
    ...required[name],
    ...env,
  })
  if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
  return reading.compose()
}

describe.each(Object.keys(required))('the worker %s', (name) => {
  it('offers a task as soon as it runs, and asks nothing about health', async () => {
    const { healthChecks, lookups } = await composed(name, {})
    expect(healthChecks).toBe('advisory')
    expect(lookups.map((source) => source.name)).not.toContain('task-health')
  })

  it('waits for the first HEALTHY with HEALTH_CHECKS=required', async () => {
    const { healthChecks, lookups } = await composed(name, { HEALTH_CHECKS: 'required' })
    expect(healthChecks).toBe('required')
    const provided = lookups.flatMap(({ provides = [] }) => provides)
    expect(provided).toEqual(expect.arrayContaining(['definitions', 'health']))
  })
})
