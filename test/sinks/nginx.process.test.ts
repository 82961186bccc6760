import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { backendFiles } from '../../src/sinks/document/backend-files.js'
import { nginxFiles } from '../../src/sinks/nginx/index.js'
import { emptied, kept, printUpstream, serversIn } from '../../src/sinks/nginx/upstream.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { fakeNginx } from '../support/fake-nginx.js'
import { desiredOf, reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'
import { backend, filesIn, type NginxAtHand, nginxLaws, sinkFor, upstreamsIn } from './nginx-laws.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()

const fake = async (): Promise<NginxAtHand> => {
  const home = await temporary()
  const configuration = join(home, 'nginx.conf')
  mkdirSync(join(home, 'upstreams'))
  const configure = (more: string): void => writeFileSync(configuration, `${more}\n`)
  configure('')
  return { home, command: [fakeNginx(home), '-c', configuration], configure, end: () => Promise.resolve() }
}

nginxLaws('nginxFiles', fake, contractRuns(8))

const reloadsOf = ({ home }: NginxAtHand): number => {
  try {
    return readFileSync(join(home, 'reloads'), 'utf8').split('\n').length - 1
  } catch {
    return 0
  }
}

const loaded = ({ home }: NginxAtHand): string => readFileSync(join(home, 'loaded'), 'utf8')

describe('reloads', () => {
  it('come at once, and then once in an interval for all changes in it', async () => {
    const nginx = await fake()
    const clock = virtualClock()
    const sink = sinkFor(nginx, { clock, reloadIntervalMs: 1000 })
    await reconciled(sink, backendsOf([backend('web', 1)]))
    expect(reloadsOf(nginx)).toBe(1)
    for (const last of [2, 3, 4]) await reconciled(sink, backendsOf([backend('web', last)]))
    expect(reloadsOf(nginx)).toBe(1)
    await clock.advance(999)
    expect(reloadsOf(nginx)).toBe(1)
    await clock.advance(1)
    await vi.waitFor(() => expect(reloadsOf(nginx)).toBe(2))
    expect(loaded(nginx)).toContain('10.0.0.4:80')
    await clock.advance(5000)
    await reconciled(sink, backendsOf([backend('web', 5)]))
    expect(reloadsOf(nginx)).toBe(3)
  })

  it('come once at the start, even if nothing has changed: nobody knows what nginx has loaded', async () => {
    const nginx = await fake()
    await reconciled(sinkFor(nginx), backendsOf([backend('web', 1)]))
    const next = sinkFor(nginx, { clock: virtualClock() })
    expect(await reconciled(next, backendsOf([backend('web', 1)]))).toEqual([])
    expect(reloadsOf(nginx)).toBe(1)
    for (let n = 0; n < 3; n++) next.synced?.(desiredOf())
    await vi.waitFor(() => expect(reloadsOf(nginx)).toBe(2))
  })

  it('that fail are said so at once, stay a warning, and are tried again', async () => {
    const nginx = await fake()
    const clock = virtualClock()
    writeFileSync(join(nginx.home, 'stopped'), '')
    const sink = sinkFor(nginx, { clock, reloadIntervalMs: 1000 })
    await expect(reconciled(sink, backendsOf([backend('web', 1)]))).rejects.toThrow(
      /nginx was not told to reload .*invalid PID number/,
    )
    expect(filesIn(upstreamsIn(nginx))['web.conf']).toContain('10.0.0.1:80')
    expect(await reconciled(sink, backendsOf([backend('web', 1)])), 'the files are in place').toEqual([])
    expect(sink.warnings?.()).toEqual([expect.stringContaining('invalid PID number')])
    rmSync(join(nginx.home, 'stopped'))
    await clock.advance(1000)
    await vi.waitFor(() => expect(reloadsOf(nginx)).toBe(1))
    await vi.waitFor(() => expect(sink.warnings?.()).toEqual([]))
  })

  it('that are due are made when the worker stops', async () => {
    const nginx = await fake()
    const stop = new AbortController()
    const sink = sinkFor(nginx, { clock: virtualClock(), reloadIntervalMs: 60_000 })
    await reconciled(sink, backendsOf([backend('web', 1)]))
    sink.synced?.(desiredOf(), stop.signal)
    await reconciled(sink, backendsOf([backend('web', 2)]))
    sink.synced?.(desiredOf(), stop.signal)
    expect(reloadsOf(nginx)).toBe(1)
    stop.abort()
    await vi.waitFor(() => expect(reloadsOf(nginx)).toBe(2))
    expect(loaded(nginx)).toContain('10.0.0.2:80')
  })
})

describe('without an nginx to ask', () => {
  it('every change fails and says what to do, and the files are as before', async () => {
    const nginx = await fake()
    const sink = sinkFor(nginx, { command: [join(nginx.home, 'missing')] })
    const [outcome] = await reconciled(sink, backendsOf([backend('web', 1)]))
    expect(outcome?._tag === 'Failed' && outcome.error.message).toMatch(
      /^cannot run .*install nginx where this worker runs, or give another command$/,
    )
    expect(filesIn(upstreamsIn(nginx))).toEqual({})
  })

  it('a file without a process ID is said so', async () => {
    const nginx = await fake()
    const pidFile = join(nginx.home, 'nginx.pid')
    for (const [text, message] of [
      [undefined, 'is nginx running?'],
      ['', 'holds no process ID'],
      ['-1', 'holds no process ID'],
    ] as const) {
      if (text !== undefined) writeFileSync(pidFile, text)
      const sink = sinkFor(nginx, { pidFile, clock: virtualClock() })
      await expect(reconciled(sink, backendsOf([backend(`web${text ?? 'none'}`, 1)]))).rejects.toThrow(
        message,
      )
    }
  })

  it('a directory that does not exist is said so, with what to do', async () => {
    const directory = join(await temporary(), 'missing')
    await expect(nginxFiles({ directory }).read(signal)).rejects.toThrow(
      `cannot read the directory ${directory}`,
    )
  })
})

describe('an upstream', () => {
  const server = fc.record({
    host: fc.constantFrom('10.0.0.1', 'fd00::1', 'task-1.example.com', '::ffff:10.0.0.1'),
    port: fc.integer({ min: 1, max: 65_535 }),
    weight: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  })
  const options = fc.record(
    {
      maxFails: fc.nat(),
      failTimeoutMs: fc.constantFrom(1000, 10_000),
      maxConns: fc.nat(),
      zone: fc.constant('64k'),
      resolve: fc.boolean(),
      directives: fc.constant(['least_conn', 'keepalive 32']),
    },
    { requiredKeys: [] },
  )

  it('is read back as it was printed, and has none when it is emptied', () => {
    fc.assert(
      fc.property(fc.array(server), options, (servers, given) => {
        const printed = printUpstream('web', servers, given)
        expect(printed.fault).toBeUndefined()
        expect(serversIn(printed)).toEqual(servers)
        for (const empty of [emptied(printed), kept(printed)]) {
          expect(serversIn(empty)).toEqual([])
          expect(empty.text).toMatch(/server 127\.0\.0\.1:1 down;\n}\n$/)
        }
      }),
    )
  })

  it('never has a host that nginx could take for something else', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('a; } #', '10.0.0.1 down', 'unix:/a', 'a{', '$host', '')),
        (host) => {
          const printed = printUpstream('web', [{ host, port: 80, weight: undefined }], {})
          if (/^[\w.:-]*[\w:]$/.test(host) && printed.fault === undefined) return
          expect(printed.fault).toMatch(/is no address of a server/)
        },
      ),
    )
    expect(printUpstream('web', [{ host: 'unix:/a', port: 80, weight: undefined }], {}).fault).toBeDefined()
  })

  it('that has such a host is refused, and blocks no other', async () => {
    const nginx = await fake()
    const outcomes = await reconciled(
      sinkFor(nginx),
      backendsOf([
        backendOf('web', [{ host: 'a; } #', port: 80 }]),
        backend('a'.repeat(300), 1),
        backend('half \ud83d', 2),
        backend('api', 3),
      ]),
    )
    expect(outcomes.map(({ _tag }) => _tag).sort()).toEqual(['Done', 'Rejected', 'Rejected', 'Rejected'])
    expect(Object.keys(filesIn(upstreamsIn(nginx)))).toEqual(['api.conf'])
  })

  it('has a file and a name of its own, which begin no directive and hide no file', () => {
    const { fileNameOf, backendOfFile } = backendFiles('.conf')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const fileName = fileNameOf(name)
        if (fileName === undefined) return
        expect(fileName).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9_.%-]*\.conf$/)
        expect(backendOfFile(fileName)).toBe(name)
      }),
    )
  })

  it('has `resolve` for names alone', () => {
    const { text } = printUpstream(
      'web',
      [
        { host: '10.0.0.1', port: 80, weight: undefined },
        { host: 'a.example', port: 80, weight: 2 },
      ],
      { zone: '64k', resolve: true },
    )
    expect(text).toContain('server 10.0.0.1:80;')
    expect(text).toContain('server a.example:80 weight=2 resolve;')
  })
})

it.each([
  [{ directory: '' }, 'directory: expected a path, got ""'],
  [{ command: [] }, 'command: expected a program and its arguments, such as ["nginx"], got []'],
  [{ pidFile: '' }, 'pidFile: expected a path, got ""'],
  [{ reloadIntervalMs: -1 }, 'reloadIntervalMs: expected a whole number from 0'],
  [{ maxFails: 1.5 }, 'maxFails: expected a whole number from 0'],
  [{ maxConns: -1 }, 'maxConns: expected a whole number from 0'],
  [{ failTimeoutMs: 1500 }, 'failTimeoutMs: expected whole seconds, such as 10000, got 1500'],
  [{ zone: '64 k' }, 'zone: expected a size such as 64k, got "64 k"'],
  [{ resolve: true }, 'resolve: expected zone as well, such as 64k'],
  [{ directives: ['least_conn;'] }, 'directives: expected directives without a semicolon'],
  [{ directives: ['server 10.0.0.1:80'] }, 'directives: expected directives without a semicolon'],
])('the option %j is refused', (option, message) => {
  expect(() => nginxFiles({ directory: '/etc/nginx/upstreams', ...option })).toThrow(`nginxFiles: ${message}`)
})
