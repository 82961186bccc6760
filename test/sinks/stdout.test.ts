import { describe, expect, it, vi } from 'vitest'
import { PassThrough, Writable } from 'node:stream'
import type { Backend } from '../../src/core/desired.js'
import { plan } from '../../src/core/plan.js'
import type { Sink } from '../../src/core/sink.js'
import { stdout } from '../../src/sinks/stdout/index.js'
import type { PrintedBackend, PrintedChange } from '../../src/sinks/stdout/print.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { blueGreen, settledBackend } from '../support/shared-backend.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { countedWrites } from '../support/counted-writes.js'

const { signal } = new AbortController()
const at = (last: number) => ({ host: `10.0.0.${last}`, port: 8080 })

const show = async (sink: Sink<PrintedBackend>, ...backends: Backend[]) => {
  const rows = await sink.read(signal)
  const wanted = sink.render(backendsOf(backends), new Map(rows.map(({ key, value }) => [key, value])))
  const { changes } = plan(sink, wanted, rows, { owner: 'me', complete: true, pruneGuard: 'off' })
  return sink.apply(changes, 'me', signal)
}

/** Keeps what is written; accepts nothing more after each write until told. */
class SlowPipe extends Writable {
  readonly chunks: string[] = []
  #release: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 1 })
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk.toString())
    this.#release = done
  }
  /** Takes what was written, and waits until the stream wants more. */
  async read(): Promise<void> {
    const drained = new Promise((resolve) => this.once('drain', resolve))
    this.#release?.()
    await drained
  }
}

const textOf = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? ''
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PrintedChange)

sinkContract<PrintedBackend>(
  'stdout',
  () => {
    const stream = new PassThrough().resume()
    const inner = stdout({ stream, format: 'json' })
    return Promise.resolve({
      ...countedWrites(inner),
      snapshot: async () => new Map((await inner.read(signal)).map(({ key, value }) => [key, value])),
      addresses: (value) => value.map(({ address }) => address),
      dispose: () => Promise.resolve(void stream.destroy()),
    })
  },
  // What was printed is in this process alone, and nobody can take it back.
  {
    lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'partial-failure', 'restart', 'races'],
    runs: 100,
  },
)

describe('stdout', () => {
  it('shows people what was added, what was removed, and what no longer exists', async () => {
    const stream = new PassThrough()
    const sink = stdout({ stream, color: false })
    await show(sink, backendOf('web', [at(1), at(2)]), backendOf('old', []))
    expect(textOf(stream)).toBe(
      [
        '+ old  0 endpoints',
        '+ web  2 endpoints',
        '    + 10.0.0.1:8080  app of task web-10-0-0-1-8080',
        '    + 10.0.0.2:8080  app of task web-10-0-0-2-8080',
        '',
      ].join('\n'),
    )
    await show(sink, backendOf('web', [at(2)]))
    expect(textOf(stream)).toBe(
      [
        '- old  no longer exists',
        '~ web  1 endpoint',
        '    - 10.0.0.1:8080  app of task web-10-0-0-1-8080',
        '',
      ].join('\n'),
    )
  })

  it('colours text only when asked to, or on a terminal', async () => {
    const [plain, coloured] = [new PassThrough(), new PassThrough()]
    await show(stdout({ stream: plain, color: false }), backendOf('web', [at(1)]))
    await show(stdout({ stream: coloured, color: true }), backendOf('web', [at(1)]))
    const escape = '\u001b['
    expect(textOf(plain)).not.toContain(escape)
    expect(textOf(coloured)).toContain(`${escape}32m`)
  })

  it('honours NO_COLOR on a terminal', async () => {
    const printedOnTerminal = async () => {
      const stream = Object.assign(new PassThrough(), { isTTY: true })
      await show(stdout({ stream }), backendOf('web', [at(1)]))
      return textOf(stream)
    }
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('TERM', 'xterm')
    vi.stubEnv('NO_COLOR', undefined)
    expect(await printedOnTerminal()).toContain('\u001b[')
    vi.stubEnv('NO_COLOR', '1')
    expect(await printedOnTerminal()).not.toContain('\u001b[')
    vi.unstubAllEnvs()
  })

  it('prints one JSON object a line, with the whole task ARN', async () => {
    const stream = new PassThrough()
    const sink = stdout({ stream, format: 'json' })
    const web = backendOf('web', [at(1)])
    await show(sink, web, backendOf('api', []))
    expect(linesOf(textOf(stream))).toEqual([
      { backend: 'api', change: 'created', added: [], removed: [], endpoints: 0 },
      {
        backend: 'web',
        change: 'created',
        added: [
          { address: '10.0.0.1:8080', protocol: 'tcp', task: web.endpoints[0]?.task, container: 'app' },
        ],
        removed: [],
        endpoints: 1,
      },
    ])
    await show(sink, web)
    expect(linesOf(textOf(stream))).toEqual([
      { backend: 'api', change: 'deleted', added: [], removed: [], endpoints: 0 },
    ])
  })

  it('shows a task that takes over an address', async () => {
    const stream = new PassThrough()
    const sink = stdout({ stream, format: 'json' })
    const web = backendOf('web', [at(1)])
    await show(sink, web)
    textOf(stream)
    await show(sink, { ...web, endpoints: web.endpoints.map((endpoint) => ({ ...endpoint, task: 'next' })) })
    expect(linesOf(textOf(stream))).toMatchObject([
      {
        change: 'updated',
        added: [{ task: 'next' }],
        removed: [{ task: web.endpoints[0]?.task }],
        endpoints: 1,
      },
    ])
  })

  it('does not let a name move the cursor of a terminal', async () => {
    const stream = new PassThrough()
    await show(stdout({ stream, color: false }), backendOf('we\u001b[2Jb', [at(1)]))
    expect(textOf(stream)).not.toContain('\u001b')
  })

  it('never waits for a slow reader, and then shows it the way from what it saw to the newest state', async () => {
    const pipe = new SlowPipe()
    const sink = stdout({ stream: pipe, format: 'json' })
    await show(sink, backendOf('web', [at(1)]), backendOf('fleeting', []))
    for (let last = 2; last <= 100; last++)
      expect(await show(sink, backendOf('web', [at(last)]))).toMatchObject(
        last === 2 ? [{ _tag: 'Done' }, { _tag: 'Done' }] : [{ _tag: 'Done' }],
      )
    await show(sink, backendOf('web', [at(7)]))
    expect(pipe.chunks).toHaveLength(1)
    await pipe.read()
    expect(pipe.chunks).toHaveLength(2)
    expect(linesOf(pipe.chunks[1] ?? '')).toMatchObject([
      { backend: 'fleeting', change: 'deleted' },
      {
        backend: 'web',
        change: 'updated',
        added: [{ address: '10.0.0.7:8080' }],
        removed: [{ address: '10.0.0.1:8080' }],
      },
    ])
  })

  it('prints nothing about what came and went while the reader was slow', async () => {
    const pipe = new SlowPipe()
    const sink = stdout({ stream: pipe, format: 'json' })
    await show(sink, backendOf('web', [at(1)]))
    await show(sink, backendOf('web', [at(1)]), backendOf('fleeting', [at(2)]))
    await show(sink, backendOf('web', [at(1)]))
    await pipe.read()
    expect(pipe.chunks).toHaveLength(1)
    await show(sink, backendOf('web', []))
    expect(linesOf(pipe.chunks[1] ?? '')).toMatchObject([{ backend: 'web', change: 'updated', endpoints: 0 }])
  })

  it('survives a reader that goes away, and says so for each change', async () => {
    const stream = new PassThrough()
    const sink = stdout({ stream })
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy(new Error('EPIPE'))
    await closed
    expect(await show(sink, backendOf('web', [at(1)]))).toMatchObject([
      { _tag: 'Rejected', key: 'web', reason: expect.stringContaining('EPIPE') as string },
    ])
  })

  it('is not waited for: it is not required', () => {
    expect(stdout({ stream: new PassThrough() }).required).toBe(false)
  })
})

describe('the shares of a deployment', () => {
  it('are printed, and a shift is a change', async () => {
    const stream = new PassThrough()
    const sink = stdout({ stream, color: false })
    const shifted = (percent: number) => blueGreen('web', { blue: [at(1)], green: [at(9)], percent })
    await show(sink, shifted(5))
    expect(textOf(stream)).toContain('source revision: 95 % of the requests, weight 19')
    await show(sink, shifted(25))
    const text = textOf(stream)
    expect(text).toContain('- 10.0.0.9:8080')
    expect(text).toContain('target revision: 25 % of the requests, weight 1')
    await show(sink, shifted(25))
    expect(textOf(stream)).toBe('')
  })

  it('are part of a line of JSON', async () => {
    const stream = new PassThrough()
    await show(stdout({ stream, format: 'json' }), blueGreen('web', { blue: [], green: [at(9)], percent: 5 }))
    expect(linesOf(textOf(stream))[0]?.added[0]?.share).toEqual({ role: 'target', percent: 5, weight: 1 })
  })

  it('are not printed between deployments', async () => {
    const [plain, settled] = [new PassThrough(), new PassThrough()]
    const printed = settledBackend('web', [at(1)])
    await show(stdout({ stream: settled, format: 'json' }), printed)
    await show(stdout({ stream: plain, format: 'json' }), {
      ...printed,
      endpoints: printed.endpoints.map(({ share: _, ...endpoint }) => endpoint),
    })
    expect(textOf(settled)).toBe(textOf(plain))
  })
})
