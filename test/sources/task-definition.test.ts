import type { PortMapping } from '@aws-sdk/client-ecs'
import { describe, expect, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import { taskDefinition } from '../../src/sources/ecs-api/lookups/task-definition.js'

const portsOf = (networkMode: 'awsvpc' | 'bridge' | 'host' | undefined, ...portMappings: PortMapping[]) =>
  taskDefinition('arn', {
    ...(networkMode === undefined ? {} : { networkMode }),
    containerDefinitions: [{ name: 'web', portMappings }],
  }).containers[0]?.ports

const tcp = (containerPort: number, hostPort: number, count = 1): Binding => ({
  containerPort,
  hostPort,
  protocol: 'tcp',
  count,
})

describe('taskDefinition', () => {
  it('has the network mode bridge if ECS returns none', () => {
    expect(taskDefinition('arn', {}).networkMode).toBe('bridge')
    expect(taskDefinition('arn', { networkMode: 'host' }).networkMode).toBe('host')
  })

  it('leaves the host port of bridge mode open unless it is fixed', () => {
    expect(portsOf('bridge', { containerPort: 80 }, { containerPort: 81, hostPort: 0 })).toEqual([
      tcp(80, 0),
      tcp(81, 0),
    ])
    expect(portsOf(undefined, { containerPort: 80, hostPort: 8080 })).toEqual([tcp(80, 8080)])
  })

  it('gives the host the port of the container in awsvpc and host mode', () => {
    expect(portsOf('awsvpc', { containerPort: 80 })).toEqual([tcp(80, 80)])
    expect(portsOf('host', { containerPort: 80, hostPort: 0 })).toEqual([tcp(80, 80)])
  })

  it('counts the ports of a range, and keeps their order', () => {
    expect(
      portsOf('awsvpc', { containerPortRange: '9000-9009' }, { containerPort: 80, protocol: 'udp' }),
    ).toEqual([tcp(9000, 9000, 10), { ...tcp(80, 80), protocol: 'udp' }])
    expect(portsOf('bridge', { containerPortRange: '9000-9009' })).toEqual([tcp(9000, 0, 10)])
  })

  it('passes over what names no port', () => {
    expect(portsOf('awsvpc', {}, { containerPortRange: '9-' }, { containerPortRange: '9-1' })).toEqual([])
  })

  it('passes over protocols that are neither TCP nor UDP', () => {
    const sctp = JSON.parse('{ "containerPort": 5000, "protocol": "sctp" }') as PortMapping
    expect(portsOf('awsvpc', sctp, { containerPort: 80 })).toEqual([tcp(80, 80)])
  })
})

describe('a definition that cannot be kept', () => {
  const arn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'
  const withLabels = (dockerLabels: Record<string, string>) => () =>
    taskDefinition(arn, { containerDefinitions: [{ name: 'web', dockerLabels }] })

  it('has more text than AWS allows', () => {
    expect(withLabels({ a: 'x'.repeat(65_000) })).not.toThrow()
    expect(withLabels({ a: 'x'.repeat(65_537) })).toThrow('more than 65536')
  })

  it('has more labels than fit', () => {
    const labels = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`${i}`, '']))
    expect(withLabels(labels(2_000))).not.toThrow()
    expect(withLabels(labels(2_600))).toThrow('more than 5000')
  })

  it.each([{ 'half\ud800': 'a' }, { a: '\udc00half' }])('has a lone surrogate: %j', (labels) => {
    expect(withLabels(labels)).toThrow('not well-formed')
    expect(withLabels({ whole: '😀' })).not.toThrow()
  })

  it.each([
    ['0-99999999', []],
    ['65000-65536', []],
    ['9-1', []],
    ['65000-65535', [536]],
  ])('never: of the port range %s it keeps the counts %j', (containerPortRange, counts) => {
    const { containers } = taskDefinition(arn, {
      networkMode: 'awsvpc',
      containerDefinitions: [{ name: 'web', portMappings: [{ containerPortRange }] }],
    })
    expect(containers.flatMap(({ ports }) => ports.map(({ count }) => count))).toEqual(counts)
  })
})
