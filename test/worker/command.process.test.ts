import { readFileSync } from 'node:fs'
import { EMPTY, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { defineWorker, required, start, type Terminal, text } from 'ecs-task-stream/worker'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commandProcess } from './command-process.js'

const ended = (...argv: readonly string[]) => commandProcess(argv).ended

describe('the command', () => {
  it('lists its workers, and exits 0 when it is asked for help', async () => {
    const { code, out } = await ended('--help')
    expect(code).toBe(0)
    // Wherever the lines break.
    for (const { name, summary } of bundled) expect(out.replace(/\s+/g, ' ')).toContain(`${name} ${summary}`)
    const plan = await ended('plan', '--help')
    for (const { name } of bundled) expect(plan.out).toContain(name)
    expect(out).toContain('replay')
  })

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await ended('--version')).toMatchObject({ code: 0, out: `${version}\n` })
  })

  it("prints a worker's settings, with variables, defaults and examples", async () => {
    const { code, out } = await ended('traefik-table', '--help')
    expect(code).toBe(0)
    expect(out).toContain('--resync-seconds <seconds>')
    // Wherever the lines break.
    expect(out.replace(/\s+/g, ' ')).toContain('Default: 300. [RESYNC_SECONDS=300]')
    for (const flag of [
      '--cluster',
      '--traefik-table',
      '--queue-url',
      '--owner',
      '--port',
      '--debug',
      '--dry-run',
    ])
      expect(out).toContain(flag)
    const plan = await ended('plan', 'traefik-table', '--help')
    expect(plan).toMatchObject({ code: 0 })
    expect(plan.out).toContain('--format <text|json>')
  })

  it.each([[['traefik-tabel']], [['plan', 'traefik-tabel']]])(
    'suggests the closest worker and lists all of them for %j',
    async (argv) => {
      const { code, err } = await ended(...argv)
      expect(code).toBe(64)
      expect(err).toContain("unknown command 'traefik-tabel'\n(Did you mean traefik-table?)")
      for (const { name } of bundled) expect(err).toContain(name)
    },
  )

  it.each([[[]], [['plan']], [['--no-such']]])('exits 64 for %j', async (argv) => {
    expect(await ended(...argv)).toMatchObject({ code: 64, out: '' })
  })

  it('prints every problem with the settings at once, by name and with an example', async () => {
    const argv = ['traefik-table', '--ownr', 'me', '--port', 'nope']
    const { code, err } = await commandProcess(argv, { RESYNC_SECONDS: '0' }).ended
    expect(code).toBe(64)
    expect(err).toContain('--ownr: unknown flag; did you mean --owner?')
    expect(err).toContain('CLUSTER (--cluster): missing')
    expect(err).toContain('Example: TRAEFIK_TABLE=traefik')
    expect(err).toContain('PORT (--port): expected a port')
    expect(err).toContain('RESYNC_SECONDS (--resync-seconds) and QUEUE_URL (--queue-url):')
    expect(err).toContain('5 problems')
  })

  it('refuses to plan without snapshots, because it reads no queue', async () => {
    const argv = ['plan', 'traefik-table', '--resync-seconds', '0', '--queue-url', 'http://127.0.0.1:1/q']
    const { code, err } = await commandProcess([...argv, '--cluster', 'a', '--traefik-table', 't']).ended
    expect(code).toBe(64)
    expect(err).toContain('needs snapshots')
  })
})

const terminal = (overrides: Partial<Terminal> = {}) => {
  const written = { out: '', err: '', log: '', exits: [] as number[] }
  return {
    written,
    env: {},
    out: (words: string) => void (written.out += words),
    err: (words: string) => void (written.err += words),
    log: { write: (line: string) => void (written.log += line) },
    stops$: EMPTY,
    exit: (code: number) => void written.exits.push(code),
    ...overrides,
  }
}

describe('start', () => {
  const name = required(text('name'), { description: 'A name', example: 'web' })

  it('drains on the first request to stop and does not wait on the second', async () => {
    const stops$ = new Subject<string>()
    const source = memorySource()
    const pushed = new Subject<void>()
    const slow = { ...memorySink(), read: () => new Promise<never>(() => pushed.next()) }
    const worker = defineWorker({
      name: 'slow',
      summary: 'Never gets anywhere',
      settings: {},
      compose: () => ({
        eventSources: [source],
        lookups: [],
        sinks: [slow],
        expose: servicePorts(),
        owner: 'me',
        drainMs: 200,
      }),
    })
    const by = terminal({ stops$ })
    pushed.subscribe(() => {
      stops$.next('SIGTERM')
      stops$.next('SIGTERM')
    })
    expect(await start(worker, [], by)).toBe(0)
    expect(by.written.exits).toEqual([1])
    expect(by.written.log).toContain('"signal":"SIGTERM"')
  })

  it('exits 1 when the worker cannot be composed, and says why', async () => {
    const worker = defineWorker({
      name: 'broken',
      summary: 'Cannot be',
      settings: { name },
      compose: () => {
        throw new RangeError('weight: expected an integer')
      },
    })
    const by = terminal()
    expect(await start(worker, ['--name', 'x'], by)).toBe(1)
    expect(by.written.err).toContain('weight: expected an integer')
  })

  it('exits 1 when its port is taken', async () => {
    const worker = defineWorker({
      name: 'deaf',
      summary: 'Cannot listen',
      settings: {},
      compose: () => ({ eventSources: [], lookups: [], sinks: [], expose: servicePorts(), owner: 'me' }),
    })
    const by = terminal()
    // An address of the documentation range is none of this machine's.
    expect(await start(worker, ['--port', '192.0.2.1:80'], by)).toBe(1)
    expect(by.written.err).toContain('EADDRNOTAVAIL')
  })
})
