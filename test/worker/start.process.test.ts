import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

interface Output {
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>
}

const temporaryDirectory = temporaryDirectories()
const tracer = fileURLToPath(new URL('../support/trace-files.js', import.meta.url))

/** What is in the files of the bundle that the command loads: packages by name, and files of the SDK's core. */
const loadedBy = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const command = join(inject('builtPrograms'), 'command')
  const trace = join(await temporaryDirectory(), 'files')
  const { status } = spawnSync(
    process.execPath,
    ['--import', tracer, join(command, 'ecs-task-stream.js'), ...argv],
    { env: { PATH: process.env['PATH'], HOME: '/nonexistent', TRACE_FILES: trace, ...env } },
  )
  const outputs = JSON.parse(readFileSync(join(command, 'inputs.json'), 'utf8')) as Readonly<
    Record<string, Output>
  >
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]))
  const urls = readFileSync(trace, 'utf8').trim().split('\n')
  const inputs = urls
    .map((url) => basename(fileURLToPath(url)))
    .flatMap((name) => Object.entries(byName.get(name)?.inputs ?? {}))
    .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  const packages = inputs.flatMap((path) => {
    const [, name, file = ''] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)/.exec(path) ?? []
    return name === undefined ? [] : [name === '@aws-sdk/core' ? `${name}/${basename(file)}` : name]
  })
  return { status, packages: [...new Set(packages)].sort() }
}

const parsers = ['commander', 'fp-ts', 'io-ts', 'rxjs', 'tslib']
/** Which region belongs to which partition: ARNs and URLs in settings are checked against it. */
const partitions = ['@aws-sdk/core/partition.js', '@aws-sdk/core/partitions.js']
const light = [...parsers, ...partitions]

const heavy = (packages: readonly string[]): readonly string[] =>
  packages.filter((name) => !light.includes(name))

describe('the command', () => {
  it('loads parsers of command lines for its help, and nothing else', async () => {
    const { status, packages } = await loadedBy(['--help'])
    expect(status).toBe(0)
    expect(packages).toContain('commander')
    expect(packages.filter((name) => !parsers.includes(name))).toEqual([])
  })

  it.each(bundled.map(({ name }) => name))(
    'loads no SDK client, server, logger or metrics for the help of %s',
    async (name) => {
      for (const argv of [
        [name, '--help'],
        ['plan', name, '--help'],
      ]) {
        const { status, packages } = await loadedBy(argv)
        expect(status).toBe(0)
        expect(heavy(packages)).toEqual([])
      }
    },
  )

  it('loads none of them to refuse settings', async () => {
    const { status, packages } = await loadedBy(['traefik-table', '--queue-url', 'nowhere'])
    expect(status).toBe(64)
    expect(heavy(packages)).toEqual([])
  })

  it('loads what a plan needs, and no client, server or metrics beside it', async () => {
    const { status, packages } = await loadedBy(['plan', 'traefik-table'], {
      CLUSTER: 'shop',
      TRAEFIK_TABLE: 'traefik',
      TIMEOUT_SECONDS: '1',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      // A closed port: no call leaves this machine.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    })
    expect(status).toBe(69)
    // So the other tests would see it if they were loaded.
    const needed = ['@aws-sdk/client-dynamodb', '@aws-sdk/client-ecs', 'pino']
    expect(packages).toEqual(expect.arrayContaining(needed))
    const others = ['ec2', 'kinesis', 'route-53', 'ssm'].map((name) => `@aws-sdk/client-${name}`)
    expect(packages.filter((name) => ['fastify', 'prom-client', ...others].includes(name))).toEqual([])
  })
})
