import { type CfnTopic, type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { type CfnQueue, type IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import type { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import { Construct } from 'constructs'
import { includeSettled } from './settled-template'

export interface EventPathProps {
  /** The ARNs of the clusters whose task events are wanted, of this account and region. */
  readonly clusterArns: readonly string[]
  /** Whether a topic stands between the rules and the queue, for several workers and for HTTP. Default: false. */
  readonly fanOut?: boolean
  /** How long a message that was received stays hidden. Default: 30. For the function: 360. */
  readonly visibilitySeconds?: number
  /** After how many receives a message goes to the dead-letter queue, 5 to 1,000. Default: 10. */
  readonly maxReceives?: number
}

const queueOf = (scope: Construct, id: string, template: CfnInclude): IQueue => {
  const queue = template.getResource('Queue') as CfnQueue
  return Queue.fromQueueAttributes(scope, id, { queueArn: queue.attrArn, queueUrl: queue.ref })
}

/** The way of events to workers: the rules, queues, policies and alarms of `event-path.yaml`. */
export class EventPath extends Construct {
  /** For the first worker. */
  readonly queue: IQueue
  /** With `fanOut` only. */
  readonly topic: ITopic | undefined
  /** The resources of the template, by the names that they have there. */
  readonly template: CfnInclude
  private readonly limits: { readonly VisibilitySeconds: number; readonly MaxReceives: number }

  constructor(scope: Construct, id: string, props: EventPathProps) {
    super(scope, id)
    const { clusterArns, fanOut = false, visibilitySeconds = 30, maxReceives = 10 } = props
    this.limits = { VisibilitySeconds: visibilitySeconds, MaxReceives: maxReceives }
    this.template = includeSettled(this, 'event-path', {
      ClusterArns: clusterArns,
      FanOut: String(fanOut),
      ...this.limits,
    })
    this.queue = queueOf(this, 'Queue', this.template)
    this.topic = fanOut
      ? Topic.fromTopicArn(this, 'Topic', (this.template.getResource('Topic') as CfnTopic).ref)
      : undefined
  }

  /** A queue for one more worker, as in `event-queue.yaml`. Throws without `fanOut`: each queue needs every event. */
  addQueue(id: string): IQueue {
    if (this.topic === undefined)
      throw new Error('a further queue needs fanOut: each of them must get every event')
    const scope = new Construct(this, id)
    const template = includeSettled(scope, 'event-queue', { TopicArn: this.topic.topicArn, ...this.limits })
    return queueOf(scope, 'Queue', template)
  }
}
