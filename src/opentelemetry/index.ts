/** Traces of a worker's work, with OpenTelemetry: `ecs-task-stream/opentelemetry`. */
import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span as OpenTelemetrySpan,
  SpanStatusCode,
  trace,
  type Tracer as OpenTelemetryTracer,
} from '@opentelemetry/api'
import type { Span, StageResult, Tracer } from '../core/tracer.js'
import { attributesOf, shown } from './attributes.js'

/** Long enough for what failed. */
const longest = 500

class Recorded implements Span {
  readonly context: Context

  constructor(private readonly span: OpenTelemetrySpan) {
    this.context = trace.setSpan(ROOT_CONTEXT, span)
  }

  get asLink(): Link {
    return { context: this.span.spanContext() }
  }

  link(spans: readonly Span[]): void {
    this.span.addLinks(linksTo(spans))
  }

  run<A>(work: () => A): A {
    return context.with(this.context, work)
  }

  end(result: StageResult = {}): void {
    this.span.setAttributes(attributesOf(result))
    if (result.error !== undefined) {
      const { name, message } = result.error
      // Without the stack, which names files of the machine.
      const brief = message.slice(0, longest)
      this.span.recordException({ name, message: brief })
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: brief })
    }
    this.span.end()
  }
}

const linksTo = (spans: readonly Span[]): Link[] =>
  spans.flatMap((span) => (span instanceof Recorded ? [span.asLink] : []))

/**
 * Makes spans of what a worker does: give it to `run` as `tracer`.
 *
 * - `process <source>`: a delivery, from its receipt until it is acknowledged or given back; within it, `fold`.
 * - `project`: what is desired is computed; linked to the deliveries that led to it.
 * - `reconcile <sink>`: a target is brought to it; linked to the deliveries that it brings. Within it, `read`, `plan` and
 *   `apply`, once for each attempt. Spans of the AWS SDK are within `read` and `apply`.
 *
 * Spans have names, numbers and messages of errors, and nothing of tasks, messages or records.
 * @example run({ sources, sinks, expose, tracer: openTelemetry(trace.getTracer('ecs-task-stream')) })
 */
export const openTelemetry = (tracer: OpenTelemetryTracer): Tracer => ({
  start: (stage, { parent, links = [] }) => {
    const { name, kind, attributes } = shown(stage)
    const from = parent instanceof Recorded ? parent.context : ROOT_CONTEXT
    return new Recorded(tracer.startSpan(name, { kind, attributes, links: linksTo(links) }, from))
  },
})
