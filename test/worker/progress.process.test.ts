import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, inject, it } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { awsEnvironment } from '../../sim/aws-environment.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { needs } from '../tiers/needs.js'
import { commandProcess } from './command-process.js'

const version = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout as string | null
const scriptIsMissing =
  version?.includes('util-linux') === true ? undefined : 'no `script` of util-linux, which makes a terminal'

/** More than the calls that go at once: the snapshot takes some seconds. */
const tasks = 2_500

describe.concurrent('a plan of a large cluster', () => {
  const plan = async (onTestFinished: (close: () => Promise<void>) => void) => {
    const cluster = simulatedCluster({
      seed: 1,
      name: 'production',
      services: [{ name: 'web', placement: 'fargate', desiredCount: tasks }],
      clock: () => Date.now(),
    })
    cluster.start()
    cluster.settle()
    const api = await awsApi([cluster])
    onTestFinished(() => api.close())
    const dynamoDb = await embeddedDynamoDb()
    onTestFinished(() => dynamoDb.close())
    await dynamoDb.createTable('traefik')
    return {
      argv: ['plan', 'traefik-table', '--cluster', 'production', '--traefik-table', 'traefik'],
      env: awsEnvironment({ ecs: api.url, dynamoDb: dynamoDb.url }, 'eu-west-1'),
    }
  }

  it(
    'shows on a terminal what is done and what remains, in one line',
    needs(scriptIsMissing),
    async ({ onTestFinished }) => {
      const { argv, env } = await plan(onTestFinished)
      const command = [process.execPath, join(inject('builtPrograms'), 'command/ecs-task-stream.js'), ...argv]
      const child = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm', SHELL: '/bin/sh', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [out, [code]] = await Promise.all([
        text(child.stdout),
        once(child, 'close') as Promise<[number | null]>,
      ])
      const shown = out.split('\r\x1b[K')
      // Before each text and in the end, the line is cleared.
      expect(shown.length).toBeGreaterThan(2)
      expect(shown.slice(1, -1).join('\n')).toMatch(
        /^[\d,]+ of 2,500 tasks of production described \(\d+ %\), about \d+ s left$/m,
      )
      expect(shown.at(-1)).toContain('web')
      expect(code).toBe(2)
    },
  )

  it('says nothing of it elsewhere, unless it takes a minute', async ({ onTestFinished }) => {
    const { argv, env } = await plan(onTestFinished)
    const { code, out, err } = await commandProcess(argv, env).ended
    expect(err).not.toMatch(/described|listed/)
    expect(out).toContain('web')
    expect(code).toBe(2)
  })
})
