import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import type { ExposedPort, Exposure } from '../../src/core/policy.js'
import { project } from '../../src/core/project.js'
import type { NetworkMode, TaskDefinition } from '../../src/core/task-definition.js'
import type { Task } from '../../src/core/task.js'
import { traefikLabels, type TraefikLabelsOptions } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { elementRenderer } from '../../src/sinks/traefik/elements/elements.js'
import { formatDocument } from '../../src/sinks/traefik/elements/document.js'
import { holds } from '../laws/holds.js'
import { fold } from '../laws/observed.js'
import { cluster, observed } from '../support/observed-task.js'
import { completeLabelSets, traefikLabelSets } from '../support/traefik-labels-arbitrary.js'
import { readAsTraefik } from '../support/traefik-v3-rules.js'

type Labels = Readonly<Record<string, string>>

const port = (
  containerPort: number,
  hostPort = 0,
  protocol: Binding['protocol'] = 'tcp',
  count = 1,
): Binding => ({
  containerPort,
  hostPort,
  protocol,
  count,
})

interface Given {
  readonly labels?: Labels
  /** As the definition maps them. Default: 80, to a port that is chosen at the start. */
  readonly ports?: readonly Binding[]
  /** As ECS told them of the running container. Default: 80, at 32768. */
  readonly bound?: readonly Binding[]
}

/** A task of service `web` with these containers, and its definition. */
const taskOf = (
  containers: Readonly<Record<string, Given>>,
  networkMode: NetworkMode = 'bridge',
  group = 'service:web',
): readonly [Task, TaskDefinition] => {
  const task = observed({ id: '1' })
  const [container] = task.containers
  return [
    {
      ...task,
      group,
      definition: 'web:1',
      containers: Object.entries(containers).map(([name, { bound = [port(80, 32_768)] }]) => ({
        ...container!,
        name,
        bindings: bound,
      })),
    },
    {
      arn: 'web:1',
      networkMode,
      containers: Object.entries(containers).map(([name, { labels = {}, ports = [port(80)] }]) => ({
        name,
        image: undefined,
        ports,
        labels,
        environment: {},
      })),
    },
  ]
}

const exposed = (given: Given, options: TraefikLabelsOptions = {}, mode: NetworkMode = 'bridge'): Exposure =>
  traefikLabels(options).expose(...taskOf({ app: given }, mode))
const portsOf = (exposure: Exposure): readonly ExposedPort[] => {
  if (exposure._tag !== 'Ports') throw new Error(JSON.stringify(exposure))
  return exposure.ports
}
const ports = (given: Given, options: TraefikLabelsOptions = {}, mode: NetworkMode = 'bridge') =>
  portsOf(exposed(given, options, mode))
const reasonOf = (exposure: Exposure): string =>
  exposure._tag === 'Refused'
    ? exposure.reason
    : exposure._tag === 'Ports'
      ? (exposure.refused ?? []).join('; ')
      : ''

const port80 = { container: 'app', containerPort: 80, port: 32_768, protocol: 'tcp' } as const

describe('a container without labels', () => {
  it('is an HTTP service named as Traefik names it, with a router of that name and the default rule', () => {
    deepStrictEqual(ports({}), [
      {
        ...port80,
        backend: 'service-web-app',
        labels: {
          'traefik.http.routers.service-web-app.rule': 'Host(`service-web-app`)',
          'traefik.http.routers.service-web-app.service': 'service-web-app',
          'traefik.http.services.service-web-app.loadbalancer.server.scheme': 'http',
        },
      },
    ])
    const [task, definition] = taskOf({ 'a.b': {} }, 'bridge', 'family:x_y:z')
    deepStrictEqual(portsOf(traefikLabels().expose(task, definition))[0]?.backend, 'family-x-y-z-a-b')
  })

  it('has the rule of the option, and no router where that is empty', () => {
    const labels = { domain: 'example.com' }
    const rule = (defaultRule: string) =>
      ports({ labels }, { defaultRule })[0]?.labels?.['traefik.http.routers.service-web-app.rule']
    strictEqual(
      rule('Host(`{{ .Name }}.{{ index .Labels "domain" }}`)'),
      'Host(`service-web-app.example.com`)',
    )
    strictEqual(rule(''), undefined)
  })

  it('and without TCP ports is offered nowhere, and not refused', () => {
    const nothing = { _tag: 'Ports', ports: [] }
    const agents: readonly (readonly Binding[])[] = [[], [port(8125, 0, 'udp')], [port(2000, 2000, 'udp')]]
    for (const ports of agents)
      for (const labels of [{}, { 'com.example.team': 'shop' }, { 'traefik.docker.network': 'web' }])
        for (const mode of ['bridge', 'awsvpc', 'host', 'none'] as const)
          deepStrictEqual(exposed({ ports, bound: ports, labels }, {}, mode), nothing)
  })

  it('and with UDP ports alone is offered by labels, and refused by an explicit label', () => {
    const dns = { ports: [port(53, 0, 'udp')], bound: [port(53, 32_769, 'udp')] }
    deepStrictEqual(
      ports({ ...dns, labels: { 'traefik.udp.routers.dns.entrypoints': 'dns' } }).map(({ port }) => port),
      [32_769],
    )
    for (const label of ['traefik.enable', 'traefik.http.routers.dns.tls'])
      match(
        reasonOf(exposed({ ...dns, labels: { [label]: 'true' } })),
        new RegExp(`label ${label}: expected a TCP`),
      )
  })
})

describe('what is offered', () => {
  it.each<[string, Labels, TraefikLabelsOptions, boolean]>([
    ['all, by default', {}, {}, true],
    ['only what says so, by option', {}, { exposedByDefault: false }, false],
    ['what says so', { 'traefik.enable': 'true' }, { exposedByDefault: false }, true],
    ['what says so, in any case', { 'traefik.ENABLE': 'T' }, { exposedByDefault: false }, true],
    ['not what says no', { 'traefik.enable': '0' }, {}, false],
    [
      'not what says no, whatever else it says',
      { 'traefik.enable': 'false', 'traefik.http.nonsense': '' },
      {},
      false,
    ],
    ['what constraints let through', { stage: 'live' }, { constraints: 'Label(`stage`, `live`)' }, true],
    ['not what they do not', { stage: 'test' }, { constraints: 'Label(`stage`, `live`)' }, false],
  ])('is %s', (_, labels, options, offered) => {
    strictEqual(ports({ labels }, options).length > 0, offered)
  })

  it('is not known before the task definition is, not even its name', () => {
    const [task] = taskOf({ app: {} })
    deepStrictEqual(traefikLabels().expose(task, undefined), { _tag: 'NeedsDefinition', backends: 'any' })
  })

  it.each([{ constraints: 'Label(`a`)' }, { defaultRule: '{{ if }}' }])(
    'is not decided with options that are impossible: %j',
    (options) => {
      throws(() => traefikLabels(options), RangeError)
    },
  )
})

describe('labels that begin with traefik and that Traefik does not know', () => {
  it.each([
    'traefik.htp.routers.web.rule',
    'traefik.services.web.port',
    'traefik.tls.certificates',
    'traefik.',
  ])('are reported, and cost the container nothing: %s', (label) => {
    const exposure = exposed({ labels: { [label]: 'x' } })
    strictEqual(portsOf(exposure).length, 1)
    ok(reasonOf(exposure).includes(`label ${label}: expected traefik.enable, traefik.http`))
  })

  it('are reported of a container that is not offered for want of a label', () => {
    const options = { exposedByDefault: false }
    const typo = exposed({ labels: { 'traefik.enbale': 'true' } }, options)
    match(reasonOf(typo), /label traefik\.enbale: expected traefik\.enable/)
    deepStrictEqual(ports({ labels: { 'traefik.enbale': 'true', 'traefik.enable': 'false' } }, options), [])
  })

  it('are not those of Traefik v1 and its other providers', () => {
    for (const label of ['traefik.frontend.rule', 'traefik.port', 'traefik.docker.network', 'traefik.tags'])
      strictEqual(reasonOf(exposed({ labels: { [label]: 'x' } })), '')
  })
})

describe('the port of a service', () => {
  const labelled = (label: string, name = 'http.services.web'): Labels => ({
    [`traefik.${name}.loadbalancer.server.port`]: label,
  })
  const placed = (given: Given, mode?: NetworkMode) =>
    ports(given, {}, mode).map(({ containerPort, port }) => [containerPort, port])

  it('is where ECS bound the container port of the label', () => {
    deepStrictEqual(
      placed({
        labels: labelled('90'),
        ports: [port(80), port(90)],
        bound: [port(80, 32_768), port(90, 32_769)],
      }),
      [[90, 32_769]],
    )
  })

  it('is found in a range of ports', () => {
    deepStrictEqual(
      placed({
        labels: labelled('8003'),
        ports: [port(8000, 0, 'tcp', 10)],
        bound: [port(8000, 40_000, 'tcp', 10)],
      }),
      [[8003, 40_003]],
    )
  })

  it('is the container’s own in awsvpc and host mode, mapped or not', () => {
    for (const mode of ['awsvpc', 'host'] as const) {
      deepStrictEqual(placed({ labels: labelled('90'), bound: [] }, mode), [[90, 90]])
      deepStrictEqual(placed({ ports: [port(80, 80)], bound: [] }, mode), [[80, 80]])
    }
  })

  it('is that of its protocol', () => {
    const both: Given = {
      labels: { ...labelled('53', 'udp.services.dns'), ...labelled('53', 'tcp.services.dns') },
      ports: [port(53), port(53, 0, 'udp')],
      bound: [port(53, 32_768), port(53, 32_769, 'udp')],
    }
    deepStrictEqual(
      ports(both).map(({ backend, port, protocol }) => [backend, port, protocol]),
      [
        ['tcp/dns', 32_768, 'tcp'],
        ['udp/dns', 32_769, 'udp'],
      ],
    )
  })

  it('that no label names is the one of the lowest host port where those are fixed, as in Traefik', () => {
    const fixed = [port(80, 9000), port(8080, 8000)]
    deepStrictEqual(placed({ ports: fixed, bound: fixed }), [[8080, 8000]])
  })

  it('that no label names is the lowest of the container where chance gives host ports', () => {
    const bound = [port(80, 40_000), port(90, 32_768)]
    deepStrictEqual(placed({ ports: [port(90), port(80)], bound }), [[80, 40_000]])
  })

  it('is waited for until ECS has reported it', () => {
    deepStrictEqual(exposed({ labels: labelled('80'), bound: [] }), { _tag: 'Ports', ports: [] })
  })

  it.each<[string, Given, NetworkMode, RegExp]>([
    [
      'in bridge mode, the definition does not map it',
      { labels: labelled('90') },
      'bridge',
      /^container app: its task definition maps no container port 90\/tcp, and in bridge mode .* add a port mapping$/,
    ],
    ['there is no network', { labels: labelled('90') }, 'none', /network mode is "none"/],
    [
      'there is none to choose',
      { labels: { 'traefik.enable': 'true' }, ports: [], bound: [] },
      'awsvpc',
      /label traefik\.enable: expected a TCP port to expose: a port mapping in the task definition, or the label traefik\.http\.services\.service-web-app\.loadbalancer\.server\.port, got neither/,
    ],
    [
      'it is no number',
      { labels: labelled('http') },
      'bridge',
      /server\.port: expected a port number, got "http"/,
    ],
    [
      'it is no port',
      { labels: labelled('65536') },
      'bridge',
      /server\.port: expected a port number, got "65536"/,
    ],
  ])('is refused with the reason where it can never be: %s', (_, given, mode, reason) => {
    const exposure = exposed(given, {}, mode)
    strictEqual(exposure._tag, 'Refused')
    match(reasonOf(exposure), reason)
  })
})

describe('services and routers', () => {
  const elementsOf = (given: Given, options?: TraefikLabelsOptions) =>
    ports(given, options).map(({ backend, labels = {} }) => [
      backend,
      Object.entries(labels)
        .filter(([key]) => key.includes('.routers.') || key.includes('.middlewares.'))
        .map(([key, value]) => `${key.slice('traefik.'.length)}=${value}`)
        .sort(),
    ])
  const http = (name: string, port = '80'): Labels => ({
    [`traefik.http.services.${name}.loadbalancer.server.port`]: port,
  })

  it.each<[string, Labels, readonly unknown[]]>([
    [
      'one service: a router named as the container leads to it',
      http('shop'),
      [
        [
          'shop',
          [
            'http.routers.service-web-app.rule=Host(`service-web-app`)',
            'http.routers.service-web-app.service=shop',
          ],
        ],
      ],
    ],
    [
      'one router: it leads to a service named as the container',
      { 'traefik.http.routers.shop.rule': 'Host(`a`)' },
      [
        [
          'service-web-app',
          ['http.routers.shop.rule=Host(`a`)', 'http.routers.shop.service=service-web-app'],
        ],
      ],
    ],
    [
      'a router without a rule has the default one',
      { 'traefik.http.routers.shop.priority': '3' },
      [
        [
          'service-web-app',
          [
            'http.routers.shop.priority=3',
            'http.routers.shop.rule=Host(`service-web-app`)',
            'http.routers.shop.service=service-web-app',
          ],
        ],
      ],
    ],
    [
      'several services: no router of itself',
      { ...http('a'), ...http('b') },
      [
        ['a', []],
        ['b', []],
      ],
    ],
    [
      'each router goes with its service',
      {
        ...http('a'),
        ...http('b'),
        'traefik.http.routers.x.rule': 'x',
        'traefik.http.routers.x.service': 'b',
        'traefik.http.routers.y.rule': 'y',
        'traefik.http.routers.y.service': 'other@file',
      },
      [
        ['a', ['http.routers.y.rule=y', 'http.routers.y.service=other@file']],
        [
          'b',
          [
            'http.routers.x.rule=x',
            'http.routers.x.service=b',
            'http.routers.y.rule=y',
            'http.routers.y.service=other@file',
          ],
        ],
      ],
    ],
    [
      'TCP: no HTTP of itself',
      { 'traefik.tcp.routers.db.rule': 'HostSNI(`*`)' },
      [
        [
          'tcp/service-web-app',
          ['tcp.routers.db.rule=HostSNI(`*`)', 'tcp.routers.db.service=service-web-app'],
        ],
      ],
    ],
    [
      'UDP: no HTTP of itself, and no rule',
      {
        'traefik.udp.routers.dns.entrypoints': 'dns',
        'traefik.udp.services.dns.loadbalancer.server.port': '53',
      },
      [['udp/dns', ['udp.routers.dns.entrypoints=dns', 'udp.routers.dns.service=dns']]],
    ],
    [
      'TCP and some HTTP: both',
      {
        'traefik.tcp.services.db.loadbalancer.server.port': '80',
        'traefik.http.middlewares.a.addprefix.prefix': '/a',
      },
      [
        [
          'service-web-app',
          [
            'http.middlewares.a.addprefix.prefix=/a',
            'http.routers.service-web-app.rule=Host(`service-web-app`)',
            'http.routers.service-web-app.service=service-web-app',
          ],
        ],
        ['tcp/db', ['http.middlewares.a.addprefix.prefix=/a']],
      ],
    ],
    [
      'references to Traefik’s own provider lead to what is found here',
      {
        ...http('shop'),
        'traefik.http.routers.x.rule': 'x',
        'traefik.http.routers.x.service': 'shop@ecs',
        'traefik.http.routers.x.middlewares': 'a@ecs, b@file',
        'traefik.http.middlewares.a.chain.middlewares': 'c@ecs',
      },
      [
        [
          'shop',
          [
            'http.middlewares.a.chain.middlewares=c',
            'http.routers.x.middlewares=a,b@file',
            'http.routers.x.rule=x',
            'http.routers.x.service=shop',
          ],
        ],
      ],
    ],
  ])('are completed as in Traefik: %s', (_, labels, expected) => {
    const bound = [port(80, 32_768), port(53, 32_769, 'udp')]
    deepStrictEqual(elementsOf({ labels, bound, ports: [port(80), port(53, 0, 'udp')] }), expected)
  })

  it.each<[string, Labels, RegExp]>([
    [
      'two services, and it names none',
      { ...http('a'), ...http('b'), 'traefik.http.routers.x.rule': 'x' },
      /^container app: label traefik\.http\.routers\.x\.service: expected one of "a", "b", got none\. Correct it/,
    ],
    [
      'TCP, and it has no rule',
      { 'traefik.tcp.routers.x.service': 'db' },
      /label traefik\.tcp\.routers\.x\.rule: expected a rule, got none/,
    ],
  ])('a router that leads nowhere is left out alone, with the reason: %s', (_, labels, reason) => {
    const exposure = exposed({ labels })
    ok(portsOf(exposure).length > 0)
    ok(
      portsOf(exposure).every(
        ({ labels = {} }) => !Object.keys(labels).some((key) => key.includes('.routers.')),
      ),
    )
    match(reasonOf(exposure), reason)
  })

  it('say how and where their server is reached', () => {
    const server = (settings: Labels) =>
      ports({
        labels: Object.fromEntries(
          Object.entries(settings).map(([key, value]) => [
            `traefik.http.services.s.loadbalancer.server.${key}`,
            value,
          ]),
        ),
      })[0]
    const { labels = {}, weight } = server({ scheme: 'h2c', weight: '3', preservepath: 'true' }) ?? {}
    strictEqual(weight, 3)
    strictEqual(labels['traefik.http.services.s.loadbalancer.server.scheme'], 'h2c')
    strictEqual(labels['traefik.http.services.s.loadbalancer.server.preservepath'], 'true')
    const elsewhere = server({ url: 'https://example.com/a' })
    deepStrictEqual(
      [elsewhere?.port, elsewhere?.labels?.['traefik.http.services.s.loadbalancer.server.url']],
      [443, 'https://example.com/a'],
    )
  })
})

describe('a container with a label that cannot be', () => {
  it.each<[string, Labels, RegExp]>([
    [
      'an unknown key',
      { 'traefik.http.routers.x.entrypoint': 'web' },
      /label traefik\.http\.routers\.x\.entrypoint: expected one of entryPoints, .* got "entrypoint"/,
    ],
    [
      'a wrong type',
      { 'traefik.http.routers.x.priority': 'high' },
      /label traefik\.http\.routers\.x\.priority: expected an integer, got "high"/,
    ],
    [
      'a wrong switch',
      { 'traefik.enable': 'yes' },
      /label traefik\.enable: expected true or false, got "yes"/,
    ],
    ['almost the switch', { 'traefik.enabled': 'true' }, /label traefik\.enabled: expected traefik\.enable/],
    [
      'no load balancer',
      { 'traefik.http.services.s.weighted.services[0].name': 'a' },
      /label traefik\.http\.services\.s: expected a key under s\.loadbalancer/,
    ],
    [
      'a URL and a port',
      {
        'traefik.http.services.s.loadbalancer.server.url': 'http://a',
        'traefik.http.services.s.loadbalancer.server.port': '80',
      },
      /server\.port: expected none beside a url, got "80"/,
    ],
    [
      'no URL',
      { 'traefik.http.services.s.loadbalancer.server.url': 'a' },
      /server\.url: expected a URL such as http:\/\/10\.0\.0\.1:8080, got "a"/,
    ],
    [
      'an unknown scheme',
      { 'traefik.http.services.s.loadbalancer.server.scheme': 'ftp' },
      /server\.scheme: expected http, https, h2c, got "ftp"/,
    ],
    [
      'a name that is a TCP service’s',
      { 'traefik.http.services.tcp/db.loadbalancer.server.port': '80' },
      /services\.tcp\/db: expected a name that does not begin with tcp\/ or udp\//,
    ],
    [
      'four of them',
      Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`traefik.http.routers.${name}.priority`, 'x'])),
      /routers\.a\..*routers\.b\..*routers\.c\..*; and 1 more\. Correct it/,
    ],
  ])('is refused with the reason: %s', (_, labels, reason) => {
    const exposure = exposed({ labels })
    strictEqual(exposure._tag, 'Refused')
    match(reasonOf(exposure), /^container app: .* Correct it in a new revision of the task definition$/)
    match(reasonOf(exposure), reason)
  })

  it('holds back no other container of the task, and is reported', () => {
    const exposure = traefikLabels().expose(
      ...taskOf({ app: {}, side: { labels: { 'traefik.http.x': '1' } } }),
    )
    deepStrictEqual(
      portsOf(exposure).map(({ container }) => container),
      ['app'],
    )
    match(reasonOf(exposure), /^container side: /)
  })
})

describe('tasks of one definition and service', () => {
  it('share their labels, to the very object', () => {
    const policy = traefikLabels()
    const [task, definition] = taskOf({ app: {} })
    const [one] = portsOf(policy.expose(task, definition))
    const [other] = portsOf(policy.expose({ ...task, arn: `${task.arn}2` }, definition))
    strictEqual(one?.labels, other?.labels)
  })
})

describe('two clusters that define one service', () => {
  const state = () =>
    fold(
      [cluster, `${cluster}-2`].flatMap((of, i) => {
        const [task, definition] = taskOf({ app: {} })
        const interfaced = { ipv4: `10.0.0.${i + 1}`, ipv6: undefined, version: 1 }
        return [
          {
            _tag: 'TaskChanged',
            task: { ...task, arn: `${task.arn}-${i}`, cluster: of, interface: interfaced },
          },
          { _tag: 'DefinitionDescribed', definition },
        ] as const
      }),
    )

  it('do not share it: the first has it, and the other is reported', () => {
    const { backends, unresolved } = project(state(), {
      expose: traefikLabels(),
      covers: [],
      skewAllowanceMs: 0,
    })
    deepStrictEqual(
      backends.get('service-web-app')?.endpoints.map(({ host }) => host),
      ['10.0.0.1'],
    )
    deepStrictEqual(
      [...unresolved.values()].map(({ why }) => why),
      ['name-taken'],
    )
  })

  it('share it where they are to be pooled', () => {
    const { backends } = project(state(), {
      expose: traefikLabels({ pooled: true }),
      covers: [],
      skewAllowanceMs: 0,
    })
    deepStrictEqual(
      backends.get('service-web-app')?.endpoints.map(({ host }) => host),
      ['10.0.0.1', '10.0.0.2'],
    )
  })
})

describe('whatever labels there are', () => {
  it('the document is one that Traefik takes, or the container is refused', () => {
    holds(
      fc.property(fc.oneof(traefikLabelSets, completeLabelSets), (labels) => {
        const exposure = exposed({ labels }, {}, 'awsvpc')
        if (exposure._tag === 'Refused') return
        const [task, definition] = taskOf({ app: { labels, bound: [] } }, 'awsvpc')
        const { backends } = project(
          fold([
            {
              _tag: 'TaskChanged',
              task: { ...task, interface: { ipv4: '10.0.0.1', ipv6: undefined, version: 1 } },
            },
            { _tag: 'DefinitionDescribed', definition },
          ]),
          { expose: traefikLabels(), covers: [], skewAllowanceMs: 0 },
        )
        strictEqual(backends.size, new Set(portsOf(exposure).map(({ backend }) => backend)).size)
        const elements = elementRenderer().render(backends, new Map())
        readAsTraefik(formatDocument({ owner: 'worker', elements }))
        for (const { backend } of portsOf(exposure)) {
          const [section, service] = /^(tcp|udp)\//.test(backend)
            ? backend.split(/\/(.*)/s)
            : ['http', backend]
          ok(elements.has(`${section ?? ''}/services/${service ?? ''}`), backend)
        }
      }),
    )
  })
})
