import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'
import { commandProcess } from './command-process.js'

describe('the configuration of a worker, over the process boundary', () => {
  const account = accounts()
  const directories = temporaryDirectories()

  it('comes from a file, and from what others do not use', async () => {
    const { cluster, command } = await account([{ name: 'web', placement: 'fargate', desiredCount: 2 }])
    const path = join(await directories(), 'ecs.yaml')
    await writeFile(path, 'port: 127.0.0.1:0\nresyncSeconds: 60\n')
    const worker = command(['envoy'], { ECS_TASK_STREAM_CONFIG_FILE: path, DEBUG: 'express:*', OWNER: 'me' })
    const { status } = (await worker.logged('started')) as { status: string }
    await expect.poll(async () => (await fetch(`${status}/ready`)).status).toBe(200)
    expect(cluster.truth().get('web')).toHaveLength(2)
    worker.signal('SIGTERM')
    const { code, err } = await worker.ended
    expect(code).toBe(0)
    expect(err).toContain('ECS_TASK_STREAM_DEBUG')
  })

  it('is printed as a file that says the same', async () => {
    const env = { CLUSTER: 'staging', ECS_TASK_STREAM_OWNER: 'me', READ_TOKEN: 's3cret' }
    const printed = await commandProcess(['envoy', '--print-config', '--port', '8080'], env).ended
    expect(printed).toMatchObject({ code: 0, err: '' })
    expect(printed.out).toContain('owner: me # ECS_TASK_STREAM_OWNER\n')
    expect(printed.out).not.toContain('s3cret')
    const path = join(await directories(), 'ecs.yaml')
    await writeFile(path, printed.out)
    const again = await commandProcess(['envoy', '--config-file', path, '--print-config']).ended
    const settings = (text: string) =>
      text
        .split('\n')
        .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.replace(/ # .*/, '')]))
    expect(settings(again.out)).toEqual(settings(printed.out))
  })

  it('that cannot be read ends the worker with 64', async () => {
    const { code, err } = await commandProcess(['plan', 'envoy', '--config-file', '/nonexistent.yaml']).ended
    expect(code).toBe(64)
    expect(err).toContain('/nonexistent.yaml: cannot be read: ENOENT')
  })

  it('has a schema for each worker', async () => {
    for (const { name } of bundled) {
      const { code, out } = await commandProcess(['schema', name]).ended
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ additionalProperties: false, properties: { debug: {} } })
      expect(await readFile(`dist/schemas/${name}.json`, 'utf8').catch(() => out)).toBe(out)
    }
    expect((await commandProcess(['schema', 'no-such']).ended).code).toBe(64)
  })
})

describe('help', () => {
  it.each([[['help']], [['help', 'envoy']], [['help', 'plan']], [['help', 'plan', 'envoy']]])(
    '%j prints what --help does',
    async (argv) => {
      const { code, out } = await commandProcess(argv).ended
      expect(code).toBe(0)
      expect(out).toBe((await commandProcess([...argv.slice(1), '--help']).ended).out)
    },
  )

  it('of an unknown worker suggests the closest', async () => {
    const { code, err } = await commandProcess(['help', 'envoi']).ended
    expect(code).toBe(64)
    expect(err).toContain('Did you mean envoy?')
  })
})
