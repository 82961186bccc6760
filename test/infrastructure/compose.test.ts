import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import traefikHttp from '../../examples/traefik-http.js'
import { dockerIgnore } from '../../scripts/infrastructure/docker-ignore.js'
import { readDockerfile } from '../../scripts/infrastructure/dockerfile.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'
import { composeServices } from '../support/compose-file.js'

const folder = 'examples/compose'
const services = composeServices()

describe('examples/compose', () => {
  it('is described in docs/deploying.md', () => {
    expect(readFileSync('docs/deploying.md', 'utf8')).toContain(`${folder}/compose.yaml`)
  })

  it('gives the worker settings that it has, and all that it requires', () => {
    const { command, environment = {} } = services.worker
    expect(command).toEqual(['traefik-http'])
    const reading = traefikHttp.read(commonSettings, 'traefik-http', [], environment)
    expect(reading._tag === 'Problems' ? reading.problems : []).toEqual([])
    const help = traefikHttp.read(commonSettings, 'traefik-http', ['--help'], environment)
    if (help._tag !== 'Help') throw new Error('it has no help')
    const variables = [...help.text.replace(/\s+/g, ' ').matchAll(/\[([A-Z][A-Z0-9_]*)=/g)].map(
      ([, name]) => name,
    )
    const ours = Object.keys(environment).filter((name) => !name.startsWith('AWS_'))
    expect(ours.filter((name) => !variables.includes(name))).toEqual([])
  })

  it('publishes ports to this machine alone', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports)
    expect(published.length).toBeGreaterThan(2)
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('builds the worker from the Dockerfile, and the account from one that copies what is there', () => {
    expect(services.worker.build).toEqual({ context: '../..' })
    const { context = '', dockerfile = '' } = services.aws.build ?? {}
    expect(join(folder, context)).toBe('.')
    const isIgnored = dockerIgnore(readFileSync(`${dockerfile}.dockerignore`, 'utf8'))
    const sources = readDockerfile(readFileSync(dockerfile, 'utf8')).flatMap((step) =>
      step._tag === 'Copy' ? step.sources : [],
    )
    expect(sources).toContain('sim')
    expect(sources.filter((source) => !existsSync(source) || isIgnored(source))).toEqual([])
    expect(isIgnored('test')).toBe(true)
    expect(isIgnored('.git')).toBe(true)
  })

  it('starts what it copies, as the package does', () => {
    const entry = readDockerfile(readFileSync(services.aws.build?.dockerfile ?? '', 'utf8')).find(
      ({ _tag }) => _tag === 'Entrypoint',
    )
    if (entry?._tag !== 'Entrypoint' || entry.command._tag !== 'Exec')
      throw new Error('it has no entry point')
    const [node, , tsx, ...rest] = entry.command.words
    expect([node, tsx]).toEqual(['node', 'tsx'])
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    expect(scripts['emulator']).toBe(['tsx', ...rest].join(' '))
  })
})
