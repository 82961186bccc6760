import { describe, expect, it } from 'vitest'
import type { EventBridgeEvent } from '../../src/testing/ecs-json/event-bridge-event.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { matches } from './event-pattern.js'
import { ofType, parsed, type Plain, resourcesOf, sampleParameters } from './template.js'

const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'

const path = (parameters: Readonly<Record<string, Plain>> = {}) => {
  const template = parsed('event-path.yaml')
  return resourcesOf(template, { ...sampleParameters(template), ClusterArns: [clusterArn], ...parameters })
}

const eventsOf = (name: string): readonly EventBridgeEvent[] => {
  const cluster = new SimulatedCluster({
    seed: 3,
    name,
    services: [
      { name: 'web', placement: 'bridge', desiredCount: 3 },
      { name: 'api', placement: 'fargate', desiredCount: 2 },
      { name: 'edge', placement: 'external', desiredCount: 1 },
    ],
    instances: { ec2: 2, external: 1 },
  })
  const events: EventBridgeEvent[] = []
  cluster.events$.subscribe((event) => events.push(event))
  cluster.start()
  cluster.settle()
  cluster.scale('web', 0)
  cluster.settle()
  return events
}

describe('the rule', () => {
  const pattern = path()['Rule']!.Properties['EventPattern']!
  const events = eventsOf('staging')

  it('lets through every task event of the cluster, in every status, and each is one that we decode', () => {
    const through = events.filter((event) => matches(pattern, event))
    expect(through.length).toBeGreaterThan(20)
    expect(through.map((event) => decodeEvent(event)).filter(({ _tag }) => _tag !== 'Event')).toEqual([])
    const missed = events.filter((event) => !through.includes(event) && decodeEvent(event)._tag === 'Event')
    expect(missed).toEqual([])
  })

  it('keeps away what we would ignore, and other clusters', () => {
    const others = events.filter((event) => decodeEvent(event)._tag === 'Ignored')
    expect(others.length).toBeGreaterThan(0)
    expect(others.filter((event) => matches(pattern, event))).toEqual([])
    expect(eventsOf('production').filter((event) => matches(pattern, event))).toEqual([])
  })
})

/** By queue, who may send to it, and from where. */
const senders = (resources: ReturnType<typeof path>) =>
  ofType(resources, 'AWS::SQS::QueuePolicy').flatMap(([, { Queues, PolicyDocument }]) =>
    (
      PolicyDocument as unknown as { readonly Statement: readonly Readonly<Record<string, Plain>>[] }
    ).Statement.map(({ Effect, Principal, Action, Resource, Condition }) => ({
      queues: Queues,
      Effect,
      Principal,
      Action,
      Resource,
      Condition,
    })),
  )

describe.each([
  ['directly', {}],
  ['by a topic', { FanOut: 'true' }],
] as const)('the way of events, %s', (_, parameters) => {
  const resources = path(parameters)

  it('leads from the rule to the queue, and what cannot be delivered to a queue of its own', () => {
    const [target] = resources['Rule']!.Properties['Targets'] as unknown as readonly {
      readonly Arn: string
      readonly DeadLetterConfig: { readonly Arn: string }
    }[]
    expect(target?.DeadLetterConfig.Arn).toBe('arn:of:UndeliveredQueue')
    if (resources['Topic'] === undefined) {
      expect(target?.Arn).toBe('arn:of:Queue')
      return
    }
    expect(target?.Arn).toBe('ref:Topic')
    expect(resources['Subscription']?.Properties).toMatchObject({
      TopicArn: 'ref:Topic',
      Protocol: 'sqs',
      Endpoint: 'arn:of:Queue',
    })
  })

  it('lets nobody send to a queue but the one that feeds it', () => {
    const feeds =
      resources['Topic'] === undefined
        ? { service: 'events.amazonaws.com', source: 'arn:of:Rule' }
        : { service: 'sns.amazonaws.com', source: 'ref:Topic' }
    expect(senders(resources)).toEqual([
      {
        queues: ['ref:Queue'],
        Effect: 'Allow',
        Principal: { Service: feeds.service },
        Action: 'sqs:SendMessage',
        Resource: 'arn:of:Queue',
        Condition: { ArnEquals: { 'aws:SourceArn': feeds.source } },
      },
      {
        queues: ['ref:UndeliveredQueue'],
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: 'arn:of:UndeliveredQueue',
        Condition: { ArnEquals: { 'aws:SourceArn': 'arn:of:Rule' } },
      },
    ])
  })
})

describe.each(['event-path.yaml', 'event-queue.yaml'])('the queue of %s', (name) => {
  const template = parsed(name)
  const resources = resourcesOf(template, sampleParameters(template))

  it('is encrypted, and moves what is received too often to a queue that keeps it for 14 days', () => {
    expect(resources['Queue']?.Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: 'arn:of:DeadLetterQueue', maxReceiveCount: 10 },
    })
    expect(resources['DeadLetterQueue']?.Properties).toEqual({
      MessageRetentionPeriod: 14 * 24 * 3_600,
      SqsManagedSseEnabled: true,
    })
    // Order does not matter, and a FIFO queue would let one bad message hold up all others.
    for (const [, properties] of ofType(resources, 'AWS::SQS::Queue'))
      expect(properties).not.toHaveProperty('FifoQueue')
  })
})
