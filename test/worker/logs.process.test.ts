import { describe, expect, it } from 'vitest'
import { accounts } from './account.js'

const account = accounts()
const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', RESYNC_SECONDS: '300' }
const ready = 'ready: every required sink has reached a complete state'

/** A worker whose target is itself, so that nothing else is to be set up. */
const argv = ['prometheus', '--port', '127.0.0.1:0']

const exporting = {
  name: 'web',
  placement: 'fargate' as const,
  desiredCount: 2,
  dockerLabels: { PROMETHEUS_EXPORTER_PORT: '8080' },
}

describe('the log of a healthy start', () => {
  it('says what follows what, how long it took, and what there is, without a warning', async () => {
    const { command, queueUrl } = await account([exporting])
    const worker = command(argv, { ...quiet, QUEUE_URL: queueUrl })
    expect(await worker.logged('started')).toMatchObject({ what: 'prometheus-http follows staging' })
    expect(await worker.logged(ready)).toMatchObject({
      afterMs: expect.any(Number) as number,
      tasks: 2,
      backends: 1,
    })
    worker.signal('SIGTERM')
    const { err } = await worker.ended
    const warnings = err.split('\n').filter((line) => line.includes('"level":"warn"'))
    // The test's queue has none, on purpose.
    expect(warnings.filter((line) => !line.includes('no redrive policy'))).toEqual([])
  })

  it('is three lines for people, and then one for what changes', async () => {
    const { cluster, command, queueUrl, tell } = await account([exporting])
    const worker = command(argv, { ...quiet, QUEUE_URL: queueUrl, LOG_FORMAT: 'text' })
    // The test's queue has no redrive policy, on purpose.
    const lines = () =>
      worker
        .written()
        .split('\n')
        .filter((line) => line !== '' && !line.includes('no redrive policy'))
        .map((line) => line.replace(/^[\d:]+ /, ''))
    await expect.poll(lines).toHaveLength(3)
    const group = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging/service:web'
    expect(lines().toSorted()).toEqual([
      `changed: ${group} +2 → 2`,
      expect.stringMatching(/^ready after [\d.]+ s: tasks 2, backends 1$/),
      'started: prometheus-http follows staging',
    ])
    await tell((running) => running.scale('web', 1))
    await expect.poll(lines).toContain(`changed: ${group} −1 → 1`)
    expect(lines()).toHaveLength(4)
    expect(cluster.truth().get('web')).toHaveLength(1)
  })

  it('is text for people with LOG_FORMAT=text', async () => {
    const { command } = await account([exporting])
    const worker = command(argv, { ...quiet, LOG_FORMAT: 'text', CLUSTER: 'none' })
    const { code, err } = await worker.ended
    expect(code).toBe(64)
    expect(err).not.toMatch(/^\{/m)
    expect(err).toMatch(/^\d\d:\d\d:\d\d started: prometheus-http follows none$/m)
    expect(err).toMatch(/ERROR the worker cannot work, and ends: .+cluster none was not found/)
  })
})
