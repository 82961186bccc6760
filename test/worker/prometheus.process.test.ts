import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'

interface Group {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

describe('the settings of the worker prometheus', () => {
  const read = async (...argv: readonly string[]) => {
    const worker = await bundled.find(({ name }) => name === 'prometheus')!.load()
    return worker.read(commonSettings, 'prometheus', ['--cluster', 'a', '--port', ':8080', ...argv], {})
  }

  it('are the flags of prometheus-ecs-discovery too, as it spelled them', async () => {
    for (const dashes of ['-', '--'])
      expect(
        await read(
          ...['write-to=/tmp/ecs.yml', 'filter-label=METRICS=yes', 'port-label=P', 'path-label=A'].map(
            (flag) => `${dashes}config.${flag}`,
          ),
          ...['scheme-label', 'job-name-label', 'server-name-label'].flatMap((flag) => [
            `${dashes}config.${flag}`,
            flag,
          ]),
          `${dashes}config.dynamic-port-detection`,
        ),
      ).not.toHaveProperty('problems')
  })

  it('refuse a filter without a name, and unknown flags', async () => {
    expect(JSON.stringify(await read('--filter-label', '=yes'))).toContain('has no name before')
    expect(JSON.stringify(await read('-config.nonsense', 'x'))).toContain('unknown flag')
  })
})

describe('the worker prometheus, over the wire', () => {
  const account = accounts()
  const directory = temporaryDirectories()

  it('serves what labels ask to be scraped, over HTTP and in a file, and follows events', async () => {
    const { cluster, command, queueUrl, tell } = await account([
      {
        name: 'web',
        placement: 'bridge',
        desiredCount: 3,
        dockerLabels: { PROMETHEUS_EXPORTER_PORT: '8080', PROMETHEUS_EXPORTER_JOB_NAME: 'web' },
      },
      {
        name: 'api',
        placement: 'fargate',
        desiredCount: 2,
        dockerLabels: { PROMETHEUS_EXPORTER_PORT: '8080', PROMETHEUS_EXPORTER_PATH: '/internal/metrics' },
      },
      { name: 'edge', placement: 'external', desiredCount: 1 },
    ])
    const file = join(await directory(), 'ecs.json')
    const worker = command(['prometheus', '--port', '127.0.0.1:0', '--prometheus-file', file], {
      QUEUE_URL: queueUrl,
      READ_TOKEN: 's3cret',
    })
    const { status } = (await worker.logged('started')) as { status: string }
    const read = (authorization: string) => fetch(`${status}/targets`, { headers: { authorization } })
    const groups = async (): Promise<readonly Group[]> => {
      const answer = await read('Bearer s3cret')
      return answer.status === 200 ? ((await answer.json()) as Group[]) : []
    }
    const targets = async () => (await groups()).flatMap((group) => group.targets).sort()
    const truth = () => [...(cluster.truth().get('web') ?? []), ...(cluster.truth().get('api') ?? [])].sort()

    expect((await read('Bearer wrong')).status).toBe(401)
    await expect.poll(targets).toEqual(truth())
    expect(
      new Set((await groups()).map(({ labels }) => labels['__metrics_path__'] ?? labels['job'])),
    ).toEqual(new Set(['web', '/internal/metrics']))

    await tell((running) => {
      running.scale('web', 1)
      running.scale('edge', 2)
    })
    await expect.poll(targets).toEqual(truth())
    await expect
      .poll(async () =>
        (JSON.parse(await readFile(file, 'utf8')) as Group[]).flatMap((group) => group.targets).sort(),
      )
      .toEqual(truth())
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })

  it('takes the command line of prometheus-ecs-discovery: another label for the port, and a filter', async () => {
    const { cluster, command } = await account([
      {
        name: 'web',
        placement: 'bridge',
        desiredCount: 2,
        dockerLabels: { METRICS_PORT: '8080', METRICS: 'yes' },
      },
      {
        name: 'api',
        placement: 'bridge',
        desiredCount: 1,
        dockerLabels: { METRICS_PORT: '8080', METRICS: 'no' },
      },
    ])
    const file = join(await directory(), 'ecs_file_sd.yml')
    const worker = command([
      ...['prometheus', '--port', '127.0.0.1:0', '-config.write-to', file],
      ...['-config.port-label=METRICS_PORT', '-config.filter-label', 'METRICS=yes'],
    ])
    await worker.logged('started')
    await expect
      .poll(
        async () =>
          (JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as Group[])
            .flatMap((group) => group.targets)
            .sort(),
        { timeout: 60_000 },
      )
      .toEqual([...(cluster.truth().get('web') ?? [])].sort())
  })
})
