import { type ContainerDefinition, type Exposure, longArn, type TaskDefinition } from 'ecs-task-stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import type { Exposable } from '../../src/core/policy.js'
import {
  prometheusExporters,
  type PrometheusExportersOptions,
} from '../../src/sinks/prometheus/prometheus-exporters.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/production'
const definitionArn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7'
const bound = (containerPort: number, hostPort: number, count = 1): Binding => ({
  containerPort,
  hostPort,
  protocol: 'tcp',
  count,
})

type Labels = Readonly<Record<string, string>>
type Mode = TaskDefinition['networkMode']
interface Situation {
  readonly labels: Labels
  readonly bindings?: readonly Binding[]
  readonly mode?: Mode
  readonly options?: PrometheusExportersOptions
}

const container = (name: string, labels: Labels): ContainerDefinition => ({
  name,
  image: `${name}:latest`,
  ports: [],
  labels,
  environment: {},
})

const task = (containers: Exposable['containers']): Exposable => ({
  arn: longArn('arn:aws:ecs:eu-west-1:123456789012:task/1', cluster),
  cluster,
  group: 'service:web',
  definition: definitionArn,
  instance: undefined,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  interface: undefined,
  containers,
})

const exposed = ({ labels, bindings = [], mode = 'bridge', options }: Situation): Exposure =>
  prometheusExporters(options).expose(task([{ name: 'app', arn: 'arn:container/1', bindings }]), {
    arn: definitionArn,
    networkMode: mode,
    containers: [container('app', labels)],
  })

const portOf = (situation: Situation) => {
  const exposure = exposed(situation)
  if (exposure._tag !== 'Ports') throw new Error(exposure._tag)
  return exposure.ports[0]
}

const refusalOf = (situation: Situation): string => {
  const exposure = exposed(situation)
  if (exposure._tag !== 'Ports') throw new Error(exposure._tag)
  expect(exposure.ports).toEqual([])
  return exposure.refused?.join('\n') ?? ''
}

const PORT = 'PROMETHEUS_EXPORTER_PORT'

describe('labels that begin like ours and are not known', () => {
  const refusedOf = (labels: Labels, options?: PrometheusExportersOptions) => {
    const exposure = exposed({
      labels,
      bindings: [bound(9100, 32768)],
      ...(options === undefined ? {} : { options }),
    })
    if (exposure._tag !== 'Ports') throw new Error(exposure._tag)
    return { ports: exposure.ports.length, refused: exposure.refused ?? [] }
  }

  it.each([
    'PROMETHEUS_EXPORTER_PORT.1',
    'PROMETHEUS_EXPORTER_PORTS',
    'prometheus_exporter_port',
    'PROMETHEUS_DYNAMIC_EXPORTS',
  ])('are reported, and cost the container nothing: %s', (label) => {
    const { ports, refused } = refusedOf({ [PORT]: '9100', [label]: '9101' })
    expect(ports).toBe(1)
    expect(refused).toEqual([expect.stringContaining(`label "${label}" is not known`)])
    expect(refusedOf({ [label]: '9101' })).toMatchObject({
      ports: 0,
      refused: [expect.stringContaining(label)],
    })
  })

  it('are not those of an option, of a default, or of others', () => {
    expect(refusedOf({ METRICS: '9100', [PORT]: '1' }, { portLabel: 'METRICS' })).toEqual({
      ports: 1,
      refused: [],
    })
    expect(
      refusedOf(
        { PROMETHEUS_EXPORTER_TEAM: 'a', [PORT]: '9100' },
        { filterLabel: 'PROMETHEUS_EXPORTER_TEAM=a' },
      ),
    ).toEqual({ ports: 1, refused: [] })
    expect(refusedOf({ PROMETHEUS: 'x', 'com.example.PROMETHEUS_EXPORTER_X': '1' })).toEqual({
      ports: 0,
      refused: [],
    })
  })
})

describe('prometheusExporters', () => {
  it('exposes a labelled port with the labels of prometheus-ecs-discovery, and nothing that is empty', () => {
    const labels = {
      [PORT]: '9100',
      PROMETHEUS_EXPORTER_JOB_NAME: 'shop',
      PROMETHEUS_EXPORTER_PATH: '/stats',
      PROMETHEUS_EXPORTER_SCHEME: 'https',
      PROMETHEUS_EXPORTER_SERVER_NAME: 'shop.example.com/',
    }
    expect(exposed({ labels, bindings: [bound(9100, 32768)] })).toEqual({
      _tag: 'Ports',
      refused: [],
      ports: [
        {
          backend: `${cluster}/service:web`,
          container: 'app',
          containerPort: 9100,
          port: 32768,
          protocol: 'tcp',
          labels: {
            __address__: 'shop.example.com:32768',
            __metrics_path__: '/stats',
            __scheme__: 'https',
            job: 'shop',
            container_arn: 'arn:container/1',
            docker_image: 'app:latest',
          },
        },
      ],
    })
    const empty = Object.fromEntries(Object.keys(labels).map((label) => [label, '']))
    expect(portOf({ labels: { ...empty, [PORT]: '9100' }, bindings: [bound(9100, 32768)] })?.labels).toEqual({
      container_arn: 'arn:container/1',
      docker_image: 'app:latest',
    })
  })

  it('finds the port where the network mode puts it, mapped or not', () => {
    const labels = { [PORT]: '9100' }
    const port = (mode: Mode, ...bindings: readonly Binding[]) => portOf({ labels, mode, bindings })?.port
    expect(port('bridge', bound(80, 32767), bound(9100, 32768))).toBe(32768)
    expect(port('bridge', bound(9000, 40000, 200))).toBe(40100)
    expect(port('awsvpc')).toBe(9100)
    expect(port('host')).toBe(9100)
    expect(port('host', bound(80, 80))).toBe(9100)
    const udp: Binding = { ...bound(9100, 32768), protocol: 'udp' }
    for (const bindings of [[], [bound(80, 32768)], [udp]])
      expect(refusalOf({ labels, bindings })).toContain('9100, which has no TCP binding on the host')
    expect(refusalOf({ labels, mode: 'none' })).toContain('no TCP binding')
  })

  it('waits for the definition under a name that it knows already', () => {
    expect(prometheusExporters().expose(task([]), undefined)).toEqual({
      _tag: 'NeedsDefinition',
      backends: [`${cluster}/service:web`],
    })
    expect(prometheusExporters().expose({ ...task([]), group: undefined }, undefined)).toEqual({
      _tag: 'NeedsDefinition',
      backends: [`${cluster}/web`],
    })
  })

  it('says nothing of containers without the label, or that no definition describes', () => {
    expect(exposed({ labels: {} })).toEqual({ _tag: 'Ports', ports: [] })
    const policy = prometheusExporters()
    const definition = { arn: definitionArn, networkMode: 'awsvpc', containers: [] } as const
    const pause = { name: '~internal~ecs~pause', arn: undefined, bindings: [] }
    expect(policy.expose(task([pause]), definition)).toEqual({ _tag: 'Ports', ports: [] })
  })

  it('refuses a container whose labels cannot be right, says why, and offers the others', () => {
    const exposure = prometheusExporters().expose(
      task(['bad', 'good'].map((name) => ({ name, arn: undefined, bindings: [] }))),
      {
        arn: definitionArn,
        networkMode: 'awsvpc',
        containers: [container('bad', { [PORT]: 'http' }), container('good', { [PORT]: '9100' })],
      },
    )
    expect(exposure).toMatchObject({
      ports: [{ container: 'good', port: 9100 }],
      refused: [`container "bad": ${PORT}: expected a container port from 1 to 65535, got "http"`],
    })
  })

  it.each([
    [{ [PORT]: '0' }, 'from 1 to 65535'],
    [{ [PORT]: '65536' }, 'from 1 to 65535'],
    [{ [PORT]: '-1' }, 'from 1 to 65535'],
    [{ [PORT]: '' }, 'from 1 to 65535'],
    [{ [PORT]: '9100', PROMETHEUS_EXPORTER_SERVER_NAME: 'http://a' }, 'without a scheme or a port'],
    [{ [PORT]: '9100', PROMETHEUS_EXPORTER_SERVER_NAME: 'a:80' }, 'without a scheme or a port'],
    [{ [PORT]: '9100', PROMETHEUS_EXPORTER_SERVER_NAME: '/' }, 'a host name'],
    [{ [PORT]: '9100', PROMETHEUS_EXPORTER_PATH: '/metrics?a=b' }, 'without a query'],
    [{ [PORT]: '9100', PROMETHEUS_EXPORTER_SCHEME: 'ftp' }, 'http or https'],
  ])('refuses %o', (labels, reason) => {
    expect(refusalOf({ labels, mode: 'awsvpc' })).toContain(reason)
  })

  it('takes what Prometheus would take the same way', () => {
    const of = (labels: Labels) => portOf({ labels: { [PORT]: '9100', ...labels }, mode: 'awsvpc' })?.labels
    expect(of({ PROMETHEUS_EXPORTER_PATH: 'metrics' })?.['__metrics_path__']).toBe('/metrics')
    expect(of({ PROMETHEUS_EXPORTER_SCHEME: 'HTTPS' })?.['__scheme__']).toBe('https')
    expect(of({ PROMETHEUS_EXPORTER_SERVER_NAME: '[fd00::1]' })?.['__address__']).toBe('[fd00::1]:9100')
  })

  it('filters by a label, or by its value', () => {
    const labels = { [PORT]: '9100', team: 'shop=1' }
    const count = (filterLabel: string) => portOf({ labels, mode: 'awsvpc', options: { filterLabel } })?.port
    expect(count('team')).toBe(9100)
    expect(count('team=shop=1')).toBe(9100)
    expect(count('team=shop')).toBeUndefined()
    expect(count('other')).toBeUndefined()
    expect(() => prometheusExporters({ filterLabel: '=x' })).toThrow('NAME or NAME=VALUE')
  })

  it('reads labels of other names where it is configured so', () => {
    const options = {
      portLabel: 'p',
      pathLabel: 'm',
      schemeLabel: 's',
      jobNameLabel: 'j',
      serverNameLabel: 'n',
    }
    const labels = { p: '9100', m: '/m', s: 'https', j: 'job', n: 'host', [PORT]: '1' }
    expect(portOf({ labels, mode: 'awsvpc', options })).toMatchObject({
      port: 9100,
      labels: { __address__: 'host:9100', __metrics_path__: '/m', __scheme__: 'https', job: 'job' },
    })
  })

  it('with dynamic ports takes the one binding of containers that say so, and refuses them with none or two', () => {
    const labels = { PROMETHEUS_DYNAMIC_EXPORT: '1' }
    const options = { dynamicPorts: true }
    expect(portOf({ labels, options, bindings: [bound(9100, 32768)] })?.port).toBe(32768)
    for (const bindings of [[], [bound(80, 1), bound(81, 2)], [bound(80, 1, 2)]])
      expect(refusalOf({ labels, options, bindings })).toContain('exactly one binding')
    expect(exposed({ labels: { [PORT]: '9100' }, options, bindings: [bound(9100, 1)] })).toEqual({
      _tag: 'Ports',
      ports: [],
    })
    expect(exposed({ labels, bindings: [bound(9100, 1)] })).toEqual({ _tag: 'Ports', ports: [] })
  })

  it('is total, and never offers a port that cannot be, whatever the labels say', () => {
    const name = fc.constantFrom(
      PORT,
      'PROMETHEUS_EXPORTER_PATH',
      'PROMETHEUS_EXPORTER_SCHEME',
      'PROMETHEUS_EXPORTER_SERVER_NAME',
      'PROMETHEUS_EXPORTER_JOB_NAME',
      'PROMETHEUS_DYNAMIC_EXPORT',
    )
    const value = fc.oneof(fc.string(), fc.nat(70_000).map(String), fc.constantFrom('1', 'http', '/m', 'a.b'))
    const mode = fc.constantFrom<Mode>('awsvpc', 'bridge', 'host', 'none')
    fc.assert(
      fc.property(fc.dictionary(name, value), mode, fc.boolean(), (labels, mode, dynamicPorts) => {
        const situation = { labels, mode, options: { dynamicPorts }, bindings: [bound(1, 32768)] }
        const exposure = exposed(situation)
        expect(exposed(situation)).toEqual(exposure)
        if (exposure._tag !== 'Ports') throw new Error(exposure._tag)
        for (const { port, labels: given = {} } of exposure.ports) {
          expect(port).toBeGreaterThan(0)
          expect(port).toBeLessThan(65_536)
          expect(given['__scheme__'] ?? 'http').toMatch(/^https?$/)
          expect(given['__address__'] ?? 'a:1').toMatch(/^[^\s/]+:\d+$/)
        }
      }),
    )
  })
})
