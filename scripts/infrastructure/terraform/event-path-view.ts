/** What the path of events comes to, in a template and in the module. */
import { ofType as ofTemplateType, type Resource } from '../template.js'
import { sortedStatements } from '../worker-view.js'
import type { StateResource } from './module-view.js'

type Members = Readonly<Record<string, unknown>>

const queueNames = { this: 'Queue', dead_letter: 'DeadLetterQueue', undelivered: 'UndeliveredQueue' } as const
const ruleNames: Readonly<Record<string, string>> = { tasks: 'Rule', deployments: 'DeploymentRule' }
const alarmNames: Readonly<Record<string, string>> = { dead_letters: 'DeadLetterAlarm', age: 'AgeAlarm' }

const sorted = (document: unknown): readonly unknown[] =>
  sortedStatements(((document as Members)['Statement'] ?? []) as readonly unknown[])

/** The view of `event-path.yaml`. */
export const templatePath = (resources: Readonly<Record<string, Resource>>): Members => {
  const all = (type: string, view: (properties: Members) => unknown): Members =>
    Object.fromEntries(ofTemplateType(resources, type).map(([name, properties]) => [name, view(properties)]))
  const policies = (type: string, of: string): Members =>
    Object.fromEntries(
      ofTemplateType(resources, type).map(([, properties]) => [
        String((properties[of] as readonly unknown[])[0]),
        sorted(properties['PolicyDocument']),
      ]),
    )
  return {
    rules: all('AWS::Events::Rule', (rule) => ({
      pattern: rule['EventPattern'],
      targets: (rule['Targets'] as readonly Members[]).map((target) => ({
        id: target['Id'],
        arn: target['Arn'],
        deadLetters: (target['DeadLetterConfig'] as Members)['Arn'],
      })),
    })),
    queues: all('AWS::SQS::Queue', (queue) => ({
      keptSeconds: queue['MessageRetentionPeriod'],
      hiddenSeconds: queue['VisibilityTimeout'],
      isEncrypted: queue['SqsManagedSseEnabled'],
      redrive: queue['RedrivePolicy'],
    })),
    queuePolicies: policies('AWS::SQS::QueuePolicy', 'Queues'),
    topics: all('AWS::SNS::Topic', (topic) => ({ signature: Number(topic['SignatureVersion']) })),
    topicPolicies: policies('AWS::SNS::TopicPolicy', 'Topics'),
    subscriptions: Object.values(
      all('AWS::SNS::Subscription', (one) => ({
        topic: one['TopicArn'],
        protocol: one['Protocol'],
        endpoint: one['Endpoint'],
        isRaw: one['RawMessageDelivery'],
      })),
    ),
    alarms: all('AWS::CloudWatch::Alarm', (alarm) => ({
      description: alarm['AlarmDescription'],
      namespace: alarm['Namespace'],
      metric: alarm['MetricName'],
      dimensions: Object.fromEntries(
        (alarm['Dimensions'] as readonly Members[]).map(
          (one) => [String(one['Name']), one['Value']] as const,
        ),
      ),
      statistic: alarm['Statistic'],
      period: alarm['Period'],
      periods: alarm['EvaluationPeriods'],
      threshold: alarm['Threshold'],
      operator: alarm['ComparisonOperator'],
      missing: alarm['TreatMissingData'],
    })),
  }
}

/** The view of the module `event-path` with the name `path` and the one queue `worker`. */
export const modulePath = (state: readonly StateResource[]): Members => {
  const names: readonly (readonly [string, string])[] = [
    ['arn:aws_sqs_queue.path-worker-dead-letters', 'arn:of:DeadLetterQueue'],
    ['arn:aws_sqs_queue.path-worker', 'arn:of:Queue'],
    ['arn:aws_sqs_queue.path-undelivered', 'arn:of:UndeliveredQueue'],
    ['url:aws_sqs_queue.path-worker', 'ref:Queue'],
    ['url:aws_sqs_queue.path-undelivered', 'ref:UndeliveredQueue'],
    ['arn:aws_sns_topic.path', 'ref:Topic'],
    ['arn:aws_cloudwatch_event_rule.path-tasks', 'arn:of:Rule'],
    ['arn:aws_cloudwatch_event_rule.path-deployments', 'arn:of:DeploymentRule'],
    ['path-worker-dead-letters', 'QueueName of DeadLetterQueue'],
    ['path-worker', 'QueueName of Queue'],
  ]
  const resources = JSON.parse(
    names.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(state)),
  ) as readonly StateResource[]
  const parsed = (json: unknown): unknown => (typeof json === 'string' ? JSON.parse(json) : undefined)
  const all = (type: string, view: (one: StateResource) => readonly [name: string, unknown]): Members =>
    Object.fromEntries(resources.filter((one) => one.type === type).map(view))
  return {
    rules: all('aws_cloudwatch_event_rule', ({ index, values }) => [
      ruleNames[String(index)] ?? '',
      {
        pattern: parsed(values['event_pattern']),
        targets: resources
          .filter((one) => one.type === 'aws_cloudwatch_event_target' && one.index === index)
          .map((one) => ({
            id: one.values['target_id'],
            arn: one.values['arn'],
            deadLetters: (one.values['dead_letter_config'] as readonly Members[])[0]?.['arn'],
          })),
      },
    ]),
    queues: all('aws_sqs_queue', ({ name, values }) => [
      queueNames[name as keyof typeof queueNames],
      {
        keptSeconds: values['message_retention_seconds'],
        hiddenSeconds: values['visibility_timeout_seconds'] ?? undefined,
        isEncrypted: values['sqs_managed_sse_enabled'],
        redrive: parsed(values['redrive_policy']),
      },
    ]),
    queuePolicies: all('aws_sqs_queue_policy', ({ values }) => [
      String(values['queue_url']),
      sorted(parsed(values['policy'])),
    ]),
    topics: all('aws_sns_topic', ({ values }) => ['Topic', { signature: values['signature_version'] }]),
    topicPolicies: all('aws_sns_topic_policy', ({ values }) => [
      String(values['arn']),
      sorted(parsed(values['policy'])),
    ]),
    subscriptions: resources
      .filter(({ type }) => type === 'aws_sns_topic_subscription')
      .map(({ values }) => ({
        topic: values['topic_arn'],
        protocol: values['protocol'],
        endpoint: values['endpoint'],
        isRaw: values['raw_message_delivery'],
      })),
    alarms: all('aws_cloudwatch_metric_alarm', ({ name, values }) => [
      alarmNames[name] ?? '',
      {
        description: values['alarm_description'],
        namespace: values['namespace'],
        metric: values['metric_name'],
        dimensions: values['dimensions'],
        statistic: values['statistic'],
        period: values['period'],
        periods: values['evaluation_periods'],
        threshold: values['threshold'],
        operator: values['comparison_operator'],
        missing: values['treat_missing_data'],
      },
    ]),
  }
}
