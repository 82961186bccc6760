import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { workerTracer } from '../../src/worker/observability/worker-tracer.js'

describe('the tracer of a worker with TRACES=on', () => {
  it('is heard by nobody while no SDK is registered, and does nothing', async () => {
    const { tracer, isHeard } = await workerTracer()
    expect(isHeard).toBe(false)
    const span = tracer.start({ _tag: 'Round', sink: 'table' }, {})
    span.link([tracer.start({ _tag: 'Fold', source: 'sqs', events: 1 }, { parent: span })])
    expect(span.run(() => 1)).toBe(1)
    span.end({ error: new Error('no') })
  })

  it('gives spans to the SDK that is', async () => {
    const exporter = new InMemorySpanExporter()
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    )
    onTestFinished(() => trace.disable())
    const { tracer, isHeard } = await workerTracer()
    expect(isHeard).toBe(true)
    tracer.start({ _tag: 'Round', sink: 'table' }, {}).end()
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('reconcile table')
  })
})
