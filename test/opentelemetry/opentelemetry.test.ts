import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type ClusterEvent, run, type RunSetup, servicePorts, type Sink } from 'ecs-task-stream'
import { openTelemetry } from 'ecs-task-stream/opentelemetry'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const start = 1_000_000

/** A traced worker over a real run, and what its spans are. */
const traced = (setup: Partial<RunSetup> = {}) => {
  const exporter = new InMemorySpanExporter()
  let begun = 0
  const counting = {
    onStart: () => {
      begun++
    },
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const provider = new BasicTracerProvider({ spanProcessors: [counting, new SimpleSpanProcessor(exporter)] })
  const clock = virtualClock(start)
  const source = memorySource()
  const worker = run(
    {
      sources: [source],
      sinks: [memorySink()],
      expose: servicePorts(),
      minWriteIntervalMs: 0,
      tracer: openTelemetry(provider.getTracer('test')),
      ...setup,
    },
    { clock, random: () => 0.5 },
  )
  return {
    clock,
    push: async (...events: readonly ClusterEvent[]) => {
      void source.push(...events)
      await clock.advance(0)
    },
    pushed: (...events: readonly ClusterEvent[]) => void source.push(...events),
    stop: async () => {
      const stopped = worker.stop()
      await clock.advance(60_000)
      await stopped
    },
    begun: () => begun,
    spans: (): readonly ReadableSpan[] => exporter.getFinishedSpans(),
    named: (name: string): readonly ReadableSpan[] =>
      exporter.getFinishedSpans().filter((span) => span.name === name),
  }
}

const running = (id: string, port: number): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, port, at: start }),
})

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId

const childrenOf = (spans: readonly ReadableSpan[], parent: ReadableSpan | undefined) =>
  spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === idOf(parent)).map(({ name }) => name)

const linkedBy = (span: ReadableSpan | undefined) => span?.links.map(({ context }) => context.spanId)

describe('the traces of a worker', () => {
  it('lead from a delivery to what it was folded, projected, planned and applied in', async () => {
    const { push, spans, named, clock } = traced()
    await clock.advance(0)
    const before = spans().length
    await push(running('a', 1))
    const [delivery] = named('process memory')
    expect(delivery?.parentSpanContext).toBeUndefined()
    expect(childrenOf(spans(), delivery)).toEqual(['fold'])
    const [project] = named('project')
    expect(linkedBy(project)).toEqual([idOf(delivery)])
    const round = named('reconcile memory').at(-1)
    expect(linkedBy(round)).toEqual([idOf(delivery)])
    expect(round?.parentSpanContext).toBeUndefined()
    expect(childrenOf(spans().slice(before), round)).toEqual(['plan', 'apply'])
    // The first round had nothing to write, and read the target.
    expect(childrenOf(spans(), named('reconcile memory')[0])).toEqual(['read', 'plan'])
  })

  it('link one write to all deliveries that it brings, and each of them once', async () => {
    const { push, pushed, named, clock } = traced({ minWriteIntervalMs: 1_000 })
    await push(running('a', 1))
    for (const port of [2, 3, 4]) pushed(running(`t${port}`, port))
    await clock.advance(1_000)
    const deliveries = named('process memory').map(idOf)
    expect(deliveries).toHaveLength(4)
    const links = named('reconcile memory').flatMap((round) => linkedBy(round) ?? [])
    expect(links.toSorted()).toEqual(deliveries.toSorted())
    expect(linkedBy(named('reconcile memory').at(-1))).toHaveLength(3)
  })

  it('say in the words of OpenTelemetry what was received, and what it came to', async () => {
    const { push, named } = traced({ sinks: [memorySink({ name: 'table' })] })
    await push(running('a', 1), running('b', 2))
    expect(named('process memory')[0]).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'ecs_task_stream',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'memory',
        'messaging.batch.message_count': 2,
      },
    })
    expect(named('fold')[0]?.attributes).toMatchObject({
      'ecs_task_stream.revision': 1,
      'ecs_task_stream.changed': true,
    })
    expect(named('apply')[0]).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'ecs_task_stream.sink': 'table', 'ecs_task_stream.changes': 1 },
    })
  })

  it('have nothing of tasks, messages or records', async () => {
    const { push, spans, stop } = traced()
    await push(running('a-very-special-task', 1234))
    await stop()
    const text = JSON.stringify(
      spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    )
    for (const secret of ['a-very-special-task', '1234', '10.0.0.1', cluster, 'web'])
      expect(text).not.toContain(secret)
  })

  it('record why a round failed, and end every span that began', async () => {
    const sink = memorySink()
    let fails = true
    const failing: Sink<Addresses> = {
      ...sink,
      apply: (...args) => {
        if (fails) throw new TypeError('injected')
        return sink.apply(...args)
      },
    }
    const { push, named, spans, begun, clock, stop } = traced({ sinks: [failing] })
    await push(running('a', 1))
    await clock.advance(100)
    fails = false
    await clock.advance(20_000)
    const applied = named('apply')
    expect(applied.length).toBeGreaterThan(1)
    expect(applied[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'injected' },
      attributes: { 'error.type': 'TypeError' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    })
    expect(JSON.stringify(applied[0]?.events)).not.toContain('stack')
    expect(applied.at(-1)?.status.code).toBe(SpanStatusCode.UNSET)
    // One round, with all its attempts.
    expect(new Set(applied.map(({ parentSpanContext }) => parentSpanContext?.spanId)).size).toBe(1)
    await stop()
    expect(spans()).toHaveLength(begun())
  })

  it('end, too, when the worker stops before its target was reached', async () => {
    const down: Sink<Addresses> = {
      ...memorySink(),
      read: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    }
    const { push, named, spans, begun, stop } = traced({ sinks: [down] })
    await push(running('a', 1))
    await push(running('b', 2))
    expect(spans().length).toBeLessThan(begun())
    await stop()
    expect(spans()).toHaveLength(begun())
    expect(named('process memory').map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
    ])
    expect(named('reconcile memory')[0]?.status.code).toBe(SpanStatusCode.ERROR)
  })

  it('have no round that does nothing', async () => {
    const { push, named } = traced()
    await push(running('a', 1))
    const rounds = named('reconcile memory').length
    await push(running('a', 1))
    expect(named('reconcile memory')).toHaveLength(rounds)
    expect(named('process memory')).toHaveLength(2)
  })
})
