import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'

interface Group {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

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
    await expect.poll(targets, { timeout: 20_000 }).toEqual(truth())
    expect(
      new Set((await groups()).map(({ labels }) => labels['__metrics_path__'] ?? labels['job'])),
    ).toEqual(new Set(['web', '/internal/metrics']))

    await tell((running) => {
      running.scale('web', 1)
      running.scale('edge', 2)
    })
    await expect.poll(targets, { timeout: 20_000 }).toEqual(truth())
    await expect
      .poll(async () =>
        (JSON.parse(await readFile(file, 'utf8')) as Group[]).flatMap((group) => group.targets).sort(),
      )
      .toEqual(truth())
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })
})
