import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unheardAdvice } from '../../src/worker/observability/worker-tracer.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from '../worker/account.js'

const temporaryDirectory = temporaryDirectories()

/** What a user loads before the worker: an SDK, whose exporter writes the name and the parent of each span. */
const sdkOf = (spans: string): string => `
const { appendFileSync } = require('node:fs')
const load = require('node:module').createRequire(${JSON.stringify(resolve('package.json'))})
const { trace } = load('@opentelemetry/api')
const { BasicTracerProvider, SimpleSpanProcessor } = load('@opentelemetry/sdk-trace-base')
const exporter = {
  export: (finished, done) => {
    for (const { name, parentSpanContext, links } of finished)
      appendFileSync(${JSON.stringify(spans)}, JSON.stringify({ name, isChild: parentSpanContext !== undefined, links: links.length }) + '\\n')
    done({ code: 0 })
  },
  shutdown: () => Promise.resolve(),
}
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
`

interface Spanned {
  readonly name: string
  readonly isChild: boolean
}

describe('a worker with TRACES=on', () => {
  const account = accounts()

  it('gives its spans to the SDK that was loaded before it; without one, it warns', async () => {
    const { command } = await account([{ name: 'web', placement: 'bridge', desiredCount: 2 }])
    const directory = await temporaryDirectory()
    const [sdk, spans] = [join(directory, 'sdk.cjs'), join(directory, 'spans.jsonl')]
    writeFileSync(sdk, sdkOf(spans))
    writeFileSync(spans, '')
    const written = (): readonly Spanned[] =>
      readFileSync(spans, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Spanned)
    const worker = command(['envoy'], {
      PORT: '127.0.0.1:0',
      TRACES: 'on',
      ENVOY_DIRECTORY: directory,
      NODE_OPTIONS: `--require ${JSON.stringify(sdk)}`,
    })
    await expect.poll(() => written().map(({ name }) => name)).toContain('apply')
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
    const names = written().map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['fold', 'project', 'read', 'plan', 'apply']))
    expect(names.some((name) => name.startsWith('reconcile '))).toBe(true)
    expect(written().find(({ name }) => name === 'apply')).toMatchObject({ isChild: true })

    const unheard = command(['envoy'], { PORT: '127.0.0.1:0', TRACES: 'on', ENVOY_DIRECTORY: directory })
    await unheard.logged(unheardAdvice)
    unheard.signal('SIGTERM')
    await unheard.ended
  })
})
