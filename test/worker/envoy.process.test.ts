import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../src/core/desired.js'
import { type EnvoyAssignment, endpointsIn } from '../../src/sinks/envoy/assignment.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'

const addresses = (assignments: readonly EnvoyAssignment[]): readonly string[] =>
  assignments.flatMap(endpointsIn).map(formatAddress).sort()

describe('the worker envoy, over the wire', () => {
  const account = accounts()
  const directories = temporaryDirectories()

  it('tells endpoints of services where Envoy asks, and in files, and follows events', async () => {
    const { cluster, command, queueUrl, tell } = await account([
      { name: 'web', placement: 'bridge', desiredCount: 3 },
      { name: 'api', placement: 'fargate', desiredCount: 2 },
    ])
    const directory = await directories()
    const worker = command(['envoy', '--port', '127.0.0.1:0', '--envoy-directory', directory], {
      QUEUE_URL: queueUrl,
      READ_TOKEN: 's3cret',
      BACKEND_NAME: 'prod/{service}',
    })
    const { status } = (await worker.logged('started')) as { status: string }
    const ask = (names: readonly string[], authorization = 'Bearer s3cret') =>
      fetch(`${status}/v3/discovery:endpoints`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ resource_names: names }),
      })
    const served = async (name: string): Promise<readonly string[] | undefined> => {
      const answer = await ask([`prod/${name}`])
      if (answer.status !== 200) return undefined
      return addresses(((await answer.json()) as { resources: EnvoyAssignment[] }).resources)
    }
    const written = (name: string): readonly string[] =>
      addresses(
        (
          JSON.parse(readFileSync(join(directory, `prod%2F${name}.json`), 'utf8')) as {
            resources: EnvoyAssignment[]
          }
        ).resources,
      )
    const truth = (name: string) => [...(cluster.truth().get(name) ?? [])].sort()

    expect((await ask([], 'Bearer wrong')).status).toBe(401)
    for (const name of ['web', 'api']) {
      await expect.poll(() => served(name)).toEqual(truth(name))
      await expect.poll(() => written(name)).toEqual(truth(name))
    }
    await tell((running) => running.scale('web', 1))
    await expect.poll(() => served('web')).toEqual(truth('web'))
    await expect.poll(() => written('web')).toEqual(truth('web'))
    expect(truth('web')).toHaveLength(1)
  })
})
