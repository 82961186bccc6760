import type { Tracer } from '../../core/tracer.js'

export interface WorkerTracer {
  readonly tracer: Tracer
  /** Whether an SDK of OpenTelemetry is registered, so that spans go somewhere. */
  readonly isHeard: boolean
}

/** The tracer of OpenTelemetry that is registered in this process. Loads its API. */
export const workerTracer = async (): Promise<WorkerTracer> => {
  const [{ isSpanContextValid, trace }, { openTelemetry }] = await Promise.all([
    import('@opentelemetry/api'),
    import('../../opentelemetry/index.js'),
  ]).catch((thrown: unknown) => {
    throw new Error('TRACES=on needs OpenTelemetry: install the package @opentelemetry/api', {
      cause: thrown,
    })
  })
  const tracer = trace.getTracer('ecs-task-stream')
  // Without an SDK, spans have no ids.
  const probe = tracer.startSpan('start')
  const isHeard = isSpanContextValid(probe.spanContext())
  probe.end()
  return { tracer: openTelemetry(tracer), isHeard }
}

/** What to do if nobody hears the spans. */
export const unheardAdvice =
  'TRACES=on, but no SDK of OpenTelemetry is registered in this process, so spans go nowhere: load one with NODE_OPTIONS'
