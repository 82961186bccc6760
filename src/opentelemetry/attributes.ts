import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { Stage, StageResult } from '../core/tracer.js'

/** How a stage is shown. */
export interface Shown {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
}

/**
 * `messaging.system` of the sources whose default names tell it. Source: OpenTelemetry's semantic conventions for
 * messaging; `aws.sns` and `aws_sqs` are as they spell them.
 */
const systems: Readonly<Record<string, string>> = {
  sqs: 'aws_sqs',
  'sns-webhook': 'aws.sns',
  kinesis: 'aws_kinesis',
}

const own = 'ecs_task_stream'

/**
 * The name, kind and attributes of a stage's span. They are names and numbers: nothing of a message, of a task or of a
 * record, which may contain what nobody should see.
 */
export const shown = (stage: Stage): Shown => {
  switch (stage._tag) {
    case 'Delivery': {
      const { source, events } = stage
      return {
        name: `process ${source}`,
        kind: SpanKind.CONSUMER,
        attributes: {
          'messaging.system': systems[source] ?? own,
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': source,
          'messaging.batch.message_count': events,
        },
      }
    }
    case 'Fold': {
      const { source, events } = stage
      return internal('fold', { [`${own}.source`]: source, [`${own}.events`]: events })
    }
    case 'Projection':
      return internal('project', { [`${own}.revision`]: stage.revision })
    case 'Round':
      return internal(`reconcile ${stage.sink}`, { [`${own}.sink`]: stage.sink })
    case 'Plan':
      return internal('plan', { [`${own}.sink`]: stage.sink, [`${own}.revision`]: stage.revision })
    case 'Read':
      return { name: 'read', kind: SpanKind.CLIENT, attributes: { [`${own}.sink`]: stage.sink } }
    case 'Apply':
      return {
        name: 'apply',
        kind: SpanKind.CLIENT,
        attributes: { [`${own}.sink`]: stage.sink, [`${own}.planned_changes`]: stage.changes },
      }
  }
}

const internal = (name: string, attributes: Attributes): Shown => ({
  name,
  kind: SpanKind.INTERNAL,
  attributes,
})

/** The attributes of what a stage has come to. */
export const attributesOf = ({ error, ...numbers }: StageResult): Attributes => ({
  ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${own}.${name}`, value])),
  ...(error !== undefined && { 'error.type': error.name }),
})
