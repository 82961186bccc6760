import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program of the demo; `interruptAt` sends Ctrl-C once the output contains that. */
const run = (
  program: string,
  argv: readonly string[],
  nodeFlags: readonly string[] = [],
  interruptAt?: string,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags, program, ...argv], {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '', AWS_PROFILE: 'a-real-one', AWS_REGION: 'eu-west-3' },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (interruptAt !== undefined && out.includes(interruptAt)) {
        interruptAt = undefined
        child.kill('SIGINT')
      }
    })
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })

const start = (argv: readonly string[], interruptAt?: string): Promise<Ended> =>
  run(join(inject('builtPrograms'), 'demo/main.js'), argv, [], interruptAt)

// They wait for most of their time.
describe.concurrent('npm start', () => {
  it('ends with truth and table in agreement', async () => {
    const { code, out, err } = await start(['--for', '2s', '--seed', '7'])
    expect(err).toBe('')
    expect(out).toMatch(/^in sync: 6 services, \d+ servers, after \d+ events/m)
    expect(out).toMatch(/\d\.\d s {2}[✓Δ]/)
    const states = out.split('\n').filter((line) => /^ +\d+\.\d s {2}[✓Δ]/.test(line))
    const told = states.map((line) => line.replace(/^ +\d+\.\d s/, ''))
    expect(told.filter((state, i) => state === told[i - 1])).toEqual([])
    expect(out).toMatch(/^In 2 s, a cluster of 6 services .* and no other in the end\.\n$/m)
    // eslint-disable-next-line no-control-regex -- Not a terminal: no colours, no cursor.
    expect(out).not.toMatch(/\x1b/)
    expect(code).toBe(0)
  })

  it('sees it when they do not agree, names the servers, and exits 1', async () => {
    const { code, out } = await start(['--for', '2s', '--seed', '7', '--sabotage', '--quiet'])
    expect(out).toMatch(/^out of sync: \d of 6 services/)
    expect(out).toMatch(/is live but not in the table|is in the table but not live/)
    expect(code).toBe(1)
  })

  it('runs without an end until Ctrl-C, and then comes to its end in order', async () => {
    const { code, out, err } = await start(
      ['--endless', '--seed', '7', '--services', '2'],
      'services in sync',
    )
    expect(err).toBe('')
    expect(out).toMatch(/^in sync: 2 services/m)
    expect(code).toBe(0)
  })

  it('with several workers, of which one is killed and replaced, ends in agreement, and no live server was missing', async () => {
    const { code, out, err } = await start(['--for', '3s', '--seed', '7', '--workers', '3'])
    expect(err).toBe('')
    expect(out).toMatch(/[A-C] killed/)
    expect(out).toMatch(/^in sync: 6 services/m)
    expect(out).toMatch(
      /^nobody noticed: of 3 workers on one queue, 1 killed and 1 replaced, \d+ events, \d+ writes, moments with a live server missing: 0$/m,
    )
    expect(code).toBe(0)
  })

  it('sees it when all of several workers are killed and none is replaced, and exits 1', async () => {
    const { code, out } = await start([
      '--for',
      '2s',
      '--seed',
      '7',
      '--workers',
      '2',
      '--sabotage',
      '--quiet',
    ])
    expect(out).toMatch(/^out of sync: \d of 6 services/)
    expect(code).toBe(1)
  })

  it('shows a canary deployment whose shares the table has, and ends by itself', async () => {
    const { code, out, err } = await start(['--scene', 'blue-green', '--seed', '7', '--quiet'])
    expect(err).toBe('')
    expect(out).toMatch(/^in step: the new revision got no request before its stage/)
    expect(code).toBe(0)
  })

  it('sees it when the new revision gets requests before its stage, and exits 1', async () => {
    const { code, out } = await start(['--scene', 'blue-green', '--seed', '7', '--quiet', '--sabotage'])
    expect(out).toMatch(/^out of step: the new revision had up to \d+\.\d % before its stage/)
    expect(code).toBe(1)
  })

  it('says what it does before it loads anything: where nothing can be loaded, too', async ({
    onTestFinished,
  }) => {
    const alone = await mkdtemp(join(tmpdir(), 'demo-'))
    onTestFinished(() => rm(alone, { recursive: true }))
    await copyFile(join(root, 'demo/start.js'), join(alone, 'start.mjs'))
    const { code, out, err } = await run(join(alone, 'start.mjs'), [])
    expect(out).toContain('Starting a cluster, a queue and a table on this machine')
    expect(err).toContain("Cannot find package 'tsx'")
    expect(code).toBe(1)
    expect((await run(join(alone, 'start.mjs'), ['--quiet'])).out).toBe('')
  })

  it('runs from the sources, as `npm start` does', async () => {
    const { out, err, code } = await run(
      join(root, 'demo/start.js'),
      ['--for', '500ms', '--seed', '7'],
      ['--conditions=ecs-task-stream:source'],
    )
    expect(err).toBe('')
    expect(out).toMatch(/^\n ecs-task-stream keeps a table in sync/)
    expect(out).toMatch(/^in sync: 6 services/m)
    expect(code).toBe(0)
  })

  it('refuses flags that it does not know, with exit code 64', async () => {
    const { code, out, err } = await start(['--for', 'ever'])
    expect(err).toContain('such as 500ms, 20s or 2m')
    expect(out).toBe('')
    expect(code).toBe(64)
  })
})
