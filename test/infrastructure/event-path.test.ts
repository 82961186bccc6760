import { describe, expect, it } from 'vitest'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { matches } from './event-pattern.js'
import {
  ofType,
  parsed,
  type Plain,
  resourcesOf,
  sampleParameters,
} from '../../scripts/infrastructure/template.js'

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
      {
        name: 'api',
        placement: 'fargate',
        desiredCount: 2,
        strategy: 'BLUE_GREEN',
        pauses: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'] }],
      },
      { name: 'edge', placement: 'external', desiredCount: 1 },
    ],
    instances: { ec2: 2, external: 1 },
  })
  const events: EventBridgeEvent[] = []
  cluster.events$.subscribe((event) => events.push(event))
  cluster.start()
  cluster.settle()
  cluster.deploy('api')
  cluster.settle()
  cluster.scale('web', 0)
  cluster.settle()
  return events
}

describe('the rules', () => {
  const resources = path()
  const patterns = ofType(resources, 'AWS::Events::Rule').map(([, { EventPattern }]) => EventPattern!)
  const lets = (event: EventBridgeEvent): boolean => patterns.some((pattern) => matches(pattern, event))
  const events = eventsOf('staging')
  const kindOf = (event: EventBridgeEvent): string => event['detail-type']

  it('let through every event of tasks and deployments of the cluster, and each is one that we decode', () => {
    const through = events.filter(lets)
    expect(through.length).toBeGreaterThan(20)
    expect([...new Set(through.map(kindOf))].sort()).toEqual([
      'ECS Deployment State Change',
      'ECS Hook State Change',
      'ECS Task State Change',
    ])
    // No event comes twice.
    for (const event of through) expect(patterns.filter((pattern) => matches(pattern, event))).toHaveLength(1)
    expect(through.map((event) => decodeEvent(event)).filter(({ _tag }) => _tag !== 'Event')).toEqual([])
    const missed = events.filter((event) => !through.includes(event) && decodeEvent(event)._tag === 'Event')
    expect(missed).toEqual([])
  })

  it('keep away what we would ignore, and other clusters, where events name theirs', () => {
    const others = events.filter((event) => decodeEvent(event)._tag === 'Ignored')
    expect(others.length).toBeGreaterThan(0)
    expect(others.filter(lets)).toEqual([])
    expect([...new Set(eventsOf('production').filter(lets).map(kindOf))]).toEqual([
      'ECS Deployment State Change',
    ])
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
] as const)('the event path, %s', (_, parameters) => {
  const resources = path(parameters)

  it('leads from the rules to the queue, and what cannot be delivered to a queue of its own', () => {
    const isDirect = resources['Topic'] === undefined
    const rules = ofType(resources, 'AWS::Events::Rule')
    expect(rules.map(([name]) => name)).toEqual(['Rule', 'DeploymentRule'])
    for (const [, { Targets }] of rules)
      expect(Targets).toEqual([
        {
          Id: 'worker',
          Arn: isDirect ? 'arn:of:Queue' : 'ref:Topic',
          DeadLetterConfig: { Arn: 'arn:of:UndeliveredQueue' },
        },
      ])
    if (isDirect) return
    expect(resources['Subscription']?.Properties).toMatchObject({
      TopicArn: 'ref:Topic',
      Protocol: 'sqs',
      Endpoint: 'arn:of:Queue',
    })
  })

  it('lets only the service that feeds a queue send to it', () => {
    const feeds =
      resources['Topic'] === undefined
        ? { service: 'events.amazonaws.com', sources: ['arn:of:Rule', 'arn:of:DeploymentRule'] }
        : { service: 'sns.amazonaws.com', sources: ['ref:Topic'] }
    expect(senders(resources)).toEqual([
      {
        queues: ['ref:Queue'],
        Effect: 'Allow',
        Principal: { Service: feeds.service },
        Action: 'sqs:SendMessage',
        Resource: 'arn:of:Queue',
        Condition: { ArnEquals: { 'aws:SourceArn': feeds.sources } },
      },
      {
        queues: ['ref:UndeliveredQueue'],
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: 'arn:of:UndeliveredQueue',
        Condition: { ArnEquals: { 'aws:SourceArn': ['arn:of:Rule', 'arn:of:DeploymentRule'] } },
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
