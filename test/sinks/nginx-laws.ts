/** What the sink and an nginx do together: the same with a stand-in and with a real one. */
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type Address, formatAddress } from '../../src/core/desired.js'
import { nginxFiles, type NginxFilesOptions, type NginxUpstream } from '../../src/sinks/nginx/index.js'
import { printUpstream, serversIn } from '../../src/sinks/nginx/upstream.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { countedWrites } from '../support/counted-writes.js'
import { desiredOf, reconciled } from '../support/served.js'

export interface NginxAtHand {
  /** Its configuration `nginx.conf` includes the files `upstreams/*.conf` in `http`. */
  readonly home: string
  readonly command: readonly string[]
  /** Adds this to `http`, in place of what was added before. */
  readonly configure: (more: string) => void
  /** Ends it before its directory is removed. */
  readonly end: () => Promise<void>
}

const { signal } = new AbortController()
export const at = (last: number): Address => ({ host: `10.0.0.${last}`, port: 80 })
export const backend = (name: string, ...lasts: readonly number[]) => backendOf(name, lasts.map(at))

export const upstreamsIn = ({ home }: Pick<NginxAtHand, 'home'>): string => join(home, 'upstreams')

/** All files of the directory by name, hidden ones too. */
export const filesIn = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(directory, name), 'utf8')]),
  )

export const sinkFor = (nginx: NginxAtHand, more: Partial<NginxFilesOptions> = {}) =>
  nginxFiles({ directory: upstreamsIn(nginx), command: nginx.command, reloadIntervalMs: 0, ...more })

export const serversOf = (text: string | undefined): readonly string[] =>
  serversIn({ text: text ?? '' }).map(formatAddress)

const harnessOf = (nginx: NginxAtHand): SinkHarness<NginxUpstream> => {
  const directory = upstreamsIn(nginx)
  const pathOf = (key: string) => join(directory, `${key}.conf`)
  return {
    ...countedWrites(sinkFor(nginx)),
    snapshot: () =>
      Promise.resolve(
        new Map(
          Object.entries(filesIn(directory)).map(([file, text]) => [file.replace(/\.conf$/, ''), text]),
        ),
      ),
    addresses: (upstream) => serversIn(upstream).map(formatAddress),
    tamper: (key) => {
      const text = readFileSync(pathOf(key), 'utf8')
      writeFileSync(pathOf(key), text.replace('upstream ', '# changed\nupstream '))
      return Promise.resolve()
    },
    plant: async ({ name, endpoints }, owner) => {
      const after = printUpstream(
        name,
        endpoints.map(({ host, port }) => ({ host, port, weight: undefined })),
        {},
      )
      if (owner === undefined) writeFileSync(pathOf(name), after.text)
      else await sinkFor(nginx).apply([{ _tag: 'Create', key: name, after }], owner, signal)
    },
    another: () => sinkFor(nginx),
    dispose: () => nginx.end().then(() => rm(nginx.home, { recursive: true, force: true })),
  }
}

/**
 * A directory as it is when the worker is killed while nginx tests what it has written: a copy made at that moment takes
 * the directory's place.
 */
const killedWhileTesting = async (nginx: NginxAtHand, after: NginxUpstream): Promise<void> => {
  const directory = upstreamsIn(nginx)
  const copy = join(nginx.home, 'copy')
  const script = join(nginx.home, 'copying')
  writeFileSync(script, `#!/bin/sh\n[ -e '${copy}' ] || cp -R '${directory}' '${copy}'\n`)
  chmodSync(script, 0o755)
  const sink = sinkFor(nginx, { command: [script] })
  const [row] = await sink.read(signal)
  await sink.apply(
    row === undefined
      ? [{ _tag: 'Create', key: 'web', after }]
      : [{ _tag: 'Update', key: 'web', before: row, after }],
    'worker',
    signal,
  )
  rmSync(directory, { recursive: true })
  renameSync(copy, directory)
}

/** `start`: a fresh nginx without any upstream. It ends with the test. */
export const nginxLaws = (name: string, start: () => Promise<NginxAtHand>, runs: number): void => {
  // A file is one backend's as a whole. Each run writes to the disk and runs nginx several times.
  sinkContract(name, async () => harnessOf(await start()), {
    lacks: ['extras', 'partial-failure'],
    runs,
  })

  describe(`${name}: a change that nginx refuses`, () => {
    it('is rejected with its message, leaves its file as it was, and holds up no other', async () => {
      const nginx = await start()
      nginx.configure('upstream API {\n server 127.0.0.1:1 down;\n}')
      const outcomes = await reconciled(
        sinkFor(nginx),
        backendsOf([backend('web', 1), backend('api', 2), backend('mail', 3)]),
      )
      expect(Object.fromEntries(outcomes.map(({ key, _tag }) => [key, _tag]))).toEqual({
        web: 'Done',
        api: 'Rejected',
        mail: 'Done',
      })
      const rejected = outcomes.find(({ key }) => key === 'api')
      expect(rejected?._tag === 'Rejected' && rejected.reason).toMatch(
        /^nginx refuses api\.conf: .*duplicate upstream "API" in .*\. The file is as it was before\. .*rename one of them$/,
      )
      expect(Object.keys(filesIn(upstreamsIn(nginx))).sort()).toEqual(['mail.conf', 'web.conf'])
      nginx.configure('')
      await reconciled(sinkFor(nginx), backendsOf([backend('web', 1), backend('api', 2), backend('mail', 3)]))
      expect(Object.keys(filesIn(upstreamsIn(nginx)))).toContain('api.conf')
    })

    it('is found where nginx names its file', async () => {
      const nginx = await start()
      const sink = sinkFor(nginx)
      await reconciled(sink, backendsOf([backend('web', 1)]))
      const before = filesIn(upstreamsIn(nginx))
      const outcomes = await reconciled(
        sink,
        backendsOf([backendOf('web', [{ host: 'nowhere.invalid', port: 80 }]), backend('api', 2)]),
      )
      expect(outcomes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            key: 'web',
            _tag: 'Rejected',
            reason: expect.stringMatching(
              /host not found in upstream "nowhere.invalid:80" in .*web\.conf/,
            ) as unknown,
          }),
          expect.objectContaining({ key: 'api', _tag: 'Done' }),
        ]),
      )
      const after = filesIn(upstreamsIn(nginx))
      expect(after['web.conf']).toBe(before['web.conf'])
      expect(serversOf(after['api.conf'])).toEqual(['10.0.0.2:80'])
    })

    it('of names that differ only in case is one of the two: nginx takes them for the same', async () => {
      const nginx = await start()
      const outcomes = await reconciled(sinkFor(nginx), backendsOf([backend('Web', 1), backend('web', 2)]))
      expect(outcomes.map(({ _tag }) => _tag).sort()).toEqual(['Done', 'Rejected'])
      expect(Object.keys(filesIn(upstreamsIn(nginx)))).toHaveLength(1)
    })
  })

  it(`${name}: a configuration that is wrong by itself fails every change, until it is corrected`, async () => {
    const nginx = await start()
    const sink = sinkFor(nginx)
    await reconciled(sink, backendsOf([backend('web', 1)]))
    const before = filesIn(upstreamsIn(nginx))
    nginx.configure('upstream broken {\n nonsense;\n server 127.0.0.1:1;\n}')
    const next = backendsOf([backend('web', 2), backend('api', 3)])
    const outcomes = await reconciled(sink, next)
    expect(outcomes.map((outcome) => outcome._tag === 'Failed' && outcome.error.message)).toEqual([
      expect.stringMatching(/also without these changes: .*unknown directive "nonsense" in .*nginx\.conf/),
      expect.stringMatching(/unknown directive "nonsense"/),
    ])
    expect(filesIn(upstreamsIn(nginx))).toEqual(before)
    nginx.configure('')
    await reconciled(sink, next)
    expect(serversOf(filesIn(upstreamsIn(nginx))['web.conf'])).toEqual(['10.0.0.2:80'])
  })

  it(`${name}: the file of a backend that is gone is removed; it stays without servers where nginx.conf needs it`, async () => {
    const nginx = await start()
    nginx.configure(
      `server {\n listen unix:${nginx.home}/needs.sock;\n location / {\n proxy_pass http://web;\n }\n }`,
    )
    const sink = sinkFor(nginx)
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2), backend('mail', 3)]))
    expect((await reconciled(sink, backendsOf([]))).map(({ _tag }) => _tag)).toEqual(['Done', 'Done', 'Done'])
    expect(Object.keys(filesIn(upstreamsIn(nginx)))).toEqual(['web.conf'])
    expect(filesIn(upstreamsIn(nginx))['web.conf']).toMatch(/down;/)
    expect(await reconciled(sink, backendsOf([])), 'and that is all').toEqual([])
    await reconciled(sink, backendsOf([backend('web', 4)]))
    expect(serversOf(filesIn(upstreamsIn(nginx))['web.conf'])).toEqual(['10.0.0.4:80'])
  })

  it(`${name}: takes every option`, async () => {
    const nginx = await start()
    const sink = sinkFor(nginx, {
      maxFails: 3,
      failTimeoutMs: 5000,
      maxConns: 100,
      zone: '64k',
      directives: ['least_conn', 'keepalive 32'],
    })
    const [one, ...others] = backendOf('shop/web', [at(1), { host: 'fd00::1', port: 8080 }]).endpoints
    if (one === undefined) throw new Error('there is no endpoint')
    const outcomes = await reconciled(
      sink,
      backendsOf([
        { name: 'shop/web', endpoints: [{ ...one, weight: 3 }, ...others], gone: [], complete: true },
      ]),
    )
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Done'])
    expect(filesIn(upstreamsIn(nginx))).toEqual({
      'shop%2Fweb.conf': [
        '# Written by ecs-task-stream, and overwritten by it. Owner: "worker"',
        'upstream shop%2Fweb {',
        '    zone shop%2Fweb 64k;',
        '    least_conn;',
        '    keepalive 32;',
        '    server 10.0.0.1:80 weight=3 max_fails=3 fail_timeout=5s max_conns=100;',
        '    server [fd00::1]:8080 max_fails=3 fail_timeout=5s max_conns=100;',
        '}',
        '',
      ].join('\n'),
    })
  })

  describe(`${name}: a worker that was killed before nginx had tested its change`, () => {
    const bad: NginxUpstream = { text: 'upstream web {\n    server nowhere.invalid:80;\n}\n' }

    it('left a file that nginx refuses: the next one puts the one before back', async () => {
      const nginx = await start()
      await reconciled(sinkFor(nginx), backendsOf([backend('web', 1)]))
      const before = filesIn(upstreamsIn(nginx))
      await killedWhileTesting(nginx, bad)
      expect(Object.keys(filesIn(upstreamsIn(nginx)))).toHaveLength(2)
      const next = sinkFor(nginx)
      next.synced?.(desiredOf())
      await vi.waitFor(() => expect(filesIn(upstreamsIn(nginx))).toEqual(before))
      await vi.waitFor(() => expect(next.warnings?.()).toEqual([expect.stringContaining('web.conf')]))
    })

    it('left a new file that nginx refuses: the next one removes it, before it writes', async () => {
      const nginx = await start()
      await killedWhileTesting(nginx, bad)
      const next = sinkFor(nginx)
      const backends = backendsOf([backend('web', 1), backend('api', 2)])
      const outcomes = await reconciled(next, backends)
      expect(Object.fromEntries(outcomes.map(({ key, _tag }) => [key, _tag]))).toEqual({
        web: 'Conflict',
        api: 'Done',
      })
      await reconciled(next, backends)
      const files = filesIn(upstreamsIn(nginx))
      expect(Object.keys(files).sort()).toEqual(['api.conf', 'web.conf'])
      expect(serversOf(files['web.conf'])).toEqual(['10.0.0.1:80'])
    })

    it('left a good one, which stays', async () => {
      const nginx = await start()
      await killedWhileTesting(nginx, printUpstream('web', [{ ...at(9), weight: undefined }], {}))
      const next = sinkFor(nginx)
      expect(await reconciled(next, backendsOf([backend('web', 9)]))).toEqual([])
      next.synced?.(desiredOf())
      await vi.waitFor(() => expect(Object.keys(filesIn(upstreamsIn(nginx)))).toEqual(['web.conf']))
      expect(next.warnings?.()).toEqual([])
    })
  })

  it(`${name}: files of others stay as they are, whatever they hold`, async () => {
    const nginx = await start()
    const directory = upstreamsIn(nginx)
    writeFileSync(join(directory, 'web.conf'), 'upstream web {\n server 127.0.0.1:2;\n}\n')
    writeFileSync(join(directory, 'notes.txt'), 'no configuration')
    writeFileSync(join(directory, 'a b.conf'), '# nothing\n')
    const before = filesIn(directory)
    await reconciled(sinkFor(nginx), backendsOf([backend('web', 1), backend('api', 2)]))
    await reconciled(sinkFor(nginx), backendsOf([]))
    expect(filesIn(directory)).toEqual(before)
  })
}
