import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Exposable } from '../../src/core/policy.js'
import type { NetworkMode, TaskDefinition } from '../../src/core/task-definition.js'
import { containerPorts } from '../../src/policies/container-ports.js'

const arns = 'arn:aws:ecs:eu-west-1:123456789012'
const definitionArn = `${arns}:task-definition/web:3`

const task = (changes: Partial<Exposable> = {}): Exposable => ({
  arn: `${arns}:task/staging/1`,
  cluster: `${arns}:cluster/staging`,
  group: 'service:shop',
  definition: definitionArn,
  instance: `${arns}:container-instance/staging/1`,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  interface: undefined,
  containers: [
    { name: 'sidecar', arn: undefined, bindings: [bound(9_000, 40_000)] },
    { name: 'nginx', arn: undefined, bindings: [bound(80, 32_768), bound(443, 32_769)] },
  ],
  ...changes,
})

const bound = (containerPort: number, hostPort: number, protocol: 'tcp' | 'udp' = 'tcp', count = 1) => ({
  containerPort,
  hostPort,
  protocol,
  count,
})

const unbound = task({
  containers: [
    { name: 'nginx', arn: undefined, bindings: [] },
    { name: 'sidecar', arn: undefined, bindings: [] },
  ],
})

const definition = (networkMode: NetworkMode, ...ports: ReturnType<typeof bound>[]): TaskDefinition => ({
  arn: definitionArn,
  networkMode,
  containers: [
    { name: 'sidecar', image: undefined, ports: [bound(9_000, 9_000)], labels: {}, environment: {} },
    { name: 'nginx', image: undefined, ports, labels: {}, environment: {} },
  ],
})

const ofService = containerPorts({ container: 'nginx', of: { service: 'shop' } })
const exposed = (
  what: Exposable,
  of: Parameters<typeof containerPorts>[0]['of'],
  container = 'nginx',
): readonly string[] | string => {
  const exposure = containerPorts({ container, of }).expose(what, undefined)
  return exposure._tag === 'Ports'
    ? exposure.ports.map(({ backend, port }) => `${backend}=${port}`)
    : exposure._tag
}

describe('containerPorts', () => {
  it('names a backend after each port of the container, and no port of another one', () => {
    expect(exposed(task(), { service: 'shop' })).toEqual(['80=32768', '443=32769'])
    expect(exposed(task(), { service: 'shop' }, 'sidecar')).toEqual(['9000=40000'])
    expect(exposed(task(), { service: 'shop' }, 'nobody')).toEqual([])
    expect(ofService.pooled).toBe(true)
  })

  it.each([
    [{ service: 'shop' }, true],
    [{ service: `${arns}:service/staging/shop` }, true],
    [{ service: 'web' }, false],
    [{ family: 'web' }, true],
    [{ family: 'web:3' }, true],
    [{ family: 'web:30' }, false],
    [{ family: 'web:4' }, false],
    [{ family: 'we' }, false],
    [{ family: 'shop' }, false],
  ])('selects by %j: %s', (of, selected) => {
    expect(exposed(task(), of)).toEqual(selected ? ['80=32768', '443=32769'] : [])
  })

  it('takes `family:web` for no service', () => {
    expect(exposed(task({ group: 'family:web' }), { service: 'web' })).toEqual([])
    expect(exposed(task({ group: 'family:web' }), { family: 'web' })).toEqual(['80=32768', '443=32769'])
    expect(exposed(task({ group: undefined }), { family: 'web' })).toEqual(['80=32768', '443=32769'])
  })

  it('waits for the definition where the family or the ports depend on it, and for nothing of other tasks', () => {
    expect(exposed(task({ definition: undefined }), { family: 'web' })).toBe('NeedsDefinition')
    expect(exposed(task({ definition: undefined }), { service: 'shop' })).toEqual(['80=32768', '443=32769'])
    expect(exposed(unbound, { service: 'shop' })).toBe('NeedsDefinition')
    expect(exposed(unbound, { service: 'other' })).toEqual([])
  })

  it.each(['awsvpc', 'host'] as const)('reads the ports of %s tasks from the definition', (mode) => {
    expect(ofService.expose(unbound, definition(mode, bound(8_080, 8_080)))).toMatchObject({
      ports: [{ backend: '8080', container: 'nginx', containerPort: 8_080, port: 8_080, protocol: 'tcp' }],
    })
  })

  it('offers no port of a bridge task that has bound none', () => {
    expect(ofService.expose(unbound, definition('bridge', bound(8_080, 0)))).toEqual({
      _tag: 'Ports',
      ports: [],
    })
  })

  it('offers UDP apart from TCP, also of the same number', () => {
    const both = task({
      containers: [
        { name: 'nginx', arn: undefined, bindings: [bound(53, 32_768), bound(53, 32_800, 'udp')] },
      ],
    })
    expect(exposed(both, { service: 'shop' })).toEqual(['53=32768', '53/udp=32800'])
  })

  it('offers a range port by port, in step with the host, and refuses one that is too wide', () => {
    const ranged = (count: number) =>
      task({
        containers: [{ name: 'nginx', arn: undefined, bindings: [bound(8_000, 40_000, 'tcp', count)] }],
      })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (count) => {
        expect(exposed(ranged(count), { service: 'shop' })).toEqual(
          Array.from({ length: count }, (_, i) => `${8_000 + i}=${40_000 + i}`),
        )
      }),
    )
    expect(ofService.expose(ranged(101), undefined)).toEqual({
      _tag: 'Refused',
      reason: 'container nginx has 101 ports, and at most 100 can be exposed: map fewer',
    })
  })

  it('refuses tasks without a known public address, when it is asked for public ones', () => {
    const inPublic = containerPorts({ container: 'nginx', of: { service: 'shop' }, address: 'public' })
    expect(inPublic.expose(task(), undefined)).toMatchObject({ _tag: 'Ports' })
    for (const unknown of [
      task({ interface: { version: 1, ipv4: '10.0.0.7', ipv6: undefined } }),
      task({ launchType: 'FARGATE', instance: undefined }),
      task({ launchType: 'EXTERNAL' }),
    ]) {
      expect(inPublic.expose(unknown, undefined)).toMatchObject({ _tag: 'Refused' })
      expect(inPublic.expose({ ...unknown, group: 'service:other' }, undefined)).toEqual({
        _tag: 'Ports',
        ports: [],
      })
      expect(ofService.expose(unknown, undefined)).toMatchObject({ _tag: 'Ports' })
    }
  })

  it('refuses a selection of neither a service nor a family', () => {
    expect(() => containerPorts({ container: 'nginx', of: {} })).toThrow(
      'containerPorts: of: expected a service, a family or both, got neither',
    )
  })
})
