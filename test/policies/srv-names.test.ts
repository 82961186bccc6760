import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import type { Exposable, ExposedPort, Exposure } from '../../src/core/policy.js'
import { project } from '../../src/core/project.js'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from '../../src/core/task-definition.js'
import type { Task } from '../../src/core/task.js'
import { srvNames, type SrvNamesOptions } from '../../src/sinks/route53/names/srv-names.js'
import { fold } from '../laws/observed.js'
import { holds } from '../laws/holds.js'
import { cluster, observed } from '../support/observed-task.js'

const tcp = (containerPort: number, hostPort = 0, count = 1): Binding => ({
  containerPort,
  hostPort,
  protocol: 'tcp',
  count,
})
const udp = (containerPort: number, hostPort = 0): Binding => ({
  ...tcp(containerPort, hostPort),
  protocol: 'udp',
})

interface Given extends Partial<ContainerDefinition> {
  /** What ECS told of the running container. */
  readonly bound?: readonly Binding[]
}

/** A task of service `web` with these containers, and its definition. */
const taskOf = (
  containers: Readonly<Record<string, Given>>,
  networkMode: NetworkMode = 'bridge',
): readonly [Task, TaskDefinition] => {
  const task = observed({ id: '1' })
  const [container] = task.containers
  return [
    {
      ...task,
      definition: 'web:1',
      containers: Object.entries(containers).map(([name, { bound = [] }]) => ({
        ...container!,
        name,
        bindings: bound,
      })),
    },
    {
      arn: 'web:1',
      networkMode,
      containers: Object.entries(containers).map(([name, given]) => ({
        name,
        image: undefined,
        ports: given.ports ?? given.bound ?? [],
        labels: given.labels ?? {},
        environment: given.environment ?? {},
      })),
    },
  ]
}

const exposureOf = (
  containers: Readonly<Record<string, Given>>,
  options: SrvNamesOptions = {},
  networkMode: NetworkMode = 'bridge',
): Exposure => srvNames(options).expose(...taskOf(containers, networkMode))

/** As `name → container:container port/protocol at host port`. */
const shown = ({ backend, container, containerPort, protocol, port }: ExposedPort): string =>
  `${backend} → ${container}:${containerPort}/${protocol} at ${port}`

const portsOf = (exposure: Exposure): readonly string[] =>
  exposure._tag === 'Ports' ? exposure.ports.map(shown) : [exposure._tag]

const faultsOf = (exposure: Exposure): readonly string[] =>
  exposure._tag === 'Ports'
    ? (exposure.refused ?? [])
    : exposure._tag === 'Refused'
      ? exposure.reason.split('; ')
      : []

describe('srvNames', () => {
  it('offers the container port that a variable names, where its host port is', () => {
    deepStrictEqual(
      exposureOf({
        calc: { bound: [tcp(8081, 32768)], environment: { SERVICE_8081_NAME: '_calc._tcp' } },
      }),
      {
        _tag: 'Ports',
        ports: [
          { backend: '_calc._tcp', container: 'calc', containerPort: 8081, port: 32768, protocol: 'tcp' },
        ],
      },
    )
  })

  it('reads several variables of a container, and of several containers', () => {
    deepStrictEqual(
      portsOf(
        exposureOf({
          app: {
            bound: [tcp(80, 32768), tcp(81, 32769)],
            environment: { SERVICE_80_NAME: '_web._tcp', SERVICE_81_NAME: '_admin._tcp' },
          },
          sidecar: { bound: [tcp(80, 32770)], labels: { SERVICE_80_NAME: '_side._tcp' } },
        }),
      ).toSorted(),
      [
        '_admin._tcp → app:81/tcp at 32769',
        '_side._tcp → sidecar:80/tcp at 32770',
        '_web._tcp → app:80/tcp at 32768',
      ],
    )
  })

  it.each([
    ['both', ['_label._tcp']],
    ['environment', ['_environment._tcp']],
    ['labels', ['_label._tcp']],
  ] as const)('from %s: %s', (from, names) => {
    const exposure = exposureOf(
      {
        app: {
          bound: [tcp(80, 32768)],
          environment: { SERVICE_80_NAME: '_environment._tcp' },
          labels: { SERVICE_80_NAME: '_label._tcp' },
        },
      },
      { from },
    )
    deepStrictEqual(exposure._tag === 'Ports' && exposure.ports.map(({ backend }) => backend), names)
  })

  it('heeds only variables of exactly SERVICE_<number>_NAME', () => {
    deepStrictEqual(
      exposureOf({
        app: {
          bound: [tcp(80, 32768)],
          environment: {
            SERVICE_NAME: 'web',
            SERVICE_80_TAGS: 'a,b',
            MY_SERVICE_80_NAME: 'no',
            SERVICE_http_NAME: 'no',
            SERVICE__NAME: 'no',
          },
        },
      }),
      { _tag: 'Ports', ports: [] },
    )
  })

  it('takes the protocol from the name: _udp means UDP, also where TCP has the same number', () => {
    const bound = [tcp(53, 32768), udp(53, 32769)]
    const named = (name: string): readonly string[] =>
      portsOf(exposureOf({ dns: { bound, environment: { SERVICE_53_NAME: name } } }))
    deepStrictEqual(named('_dns._udp'), ['_dns._udp → dns:53/udp at 32769'])
    deepStrictEqual(named('_dns._tcp'), ['_dns._tcp → dns:53/tcp at 32768'])
    deepStrictEqual(named('dns'), ['dns → dns:53/tcp at 32768'])
    deepStrictEqual(
      portsOf(exposureOf({ dns: { bound: [udp(53, 32769)], environment: { SERVICE_53_NAME: 'dns' } } })),
      ['dns → dns:53/udp at 32769'],
    )
  })

  it('never offers a TCP port under a _udp name', () => {
    const exposure = exposureOf({
      dns: { bound: [tcp(53, 32768)], environment: { SERVICE_53_NAME: '_dns._udp' } },
    })
    strictEqual(exposure._tag, 'Refused')
    match(
      faultsOf(exposure)[0] ?? '',
      /SERVICE_53_NAME="_dns\._udp" of container dns: the container has no udp port 53/,
    )
  })

  it('takes names of one label, of three, and in any case', () => {
    const named = (name: string): readonly string[] =>
      portsOf(exposureOf({ app: { bound: [tcp(80, 1)], environment: { SERVICE_80_NAME: name } } }))
    deepStrictEqual(named('portal'), ['portal → app:80/tcp at 1'])
    deepStrictEqual(named('_Calc._TCP.Blue'), ['_calc._tcp.blue → app:80/tcp at 1'])
  })

  it('finds a port inside a range', () => {
    deepStrictEqual(
      portsOf(
        exposureOf({
          app: { bound: [tcp(8080, 32768, 10)], environment: { SERVICE_8085_NAME: '_five._tcp' } },
        }),
      ),
      ['_five._tcp → app:8085/tcp at 32773'],
    )
  })

  it.each(['awsvpc', 'host'] as const)('reads the ports from the definition in %s mode', (mode) => {
    deepStrictEqual(
      portsOf(
        exposureOf(
          { app: { ports: [tcp(80, 80)], environment: { SERVICE_80_NAME: '_web._tcp' } } },
          {},
          mode,
        ),
      ),
      ['_web._tcp → app:80/tcp at 80'],
    )
  })

  it('waits for the definition, since without it not even the names are known', () => {
    deepStrictEqual(srvNames().expose(observed({ id: '1' }), undefined), {
      _tag: 'NeedsDefinition',
      backends: 'any',
    })
  })

  it.each([
    ['', /SERVICE_80_NAME="" of container app: expected a DNS name such as _web\._tcp, and it is empty/],
    ['_web._tcp.', /ends with a dot/],
    ['_web..tcp', /empty label/],
    ['_wéb._tcp', /label "_wéb" has characters other than letters, digits/],
    ['\u212Aelvin', /has characters other/],
    ['web=1', /"web=1" has characters other/],
    [' web', /" web" has characters other/],
    ['-web', /begins or ends with "-"/],
    ['a'.repeat(64), /has 64 characters, and the DNS allows 63/],
    ['a.'.repeat(126) + 'ab', /it has 254 characters, and the DNS allows 253/],
    ['*', /characters other/],
  ])('refuses %j, and says of which variable, where, and what was expected', (name, reason) => {
    const exposure = exposureOf({ app: { bound: [tcp(80, 1)], environment: { SERVICE_80_NAME: name } } })
    strictEqual(exposure._tag, 'Refused')
    match(faultsOf(exposure)[0] ?? '', reason)
    match(faultsOf(exposure)[0] ?? '', /SERVICE_80_NAME=".*" of container app/)
  })

  it('shows little of a long value, which may be anything that was pasted there', () => {
    const exposure = exposureOf({
      app: { bound: [tcp(80, 1)], environment: { SERVICE_80_NAME: 'secret'.repeat(10_000) } },
    })
    ok((faultsOf(exposure)[0] ?? '').length < 300)
  })

  it('refuses a variable whose port the container does not map', () => {
    match(
      faultsOf(
        exposureOf({ app: { bound: [tcp(80, 1)], environment: { SERVICE_8080_NAME: 'portal' } } }),
      )[0] ?? '',
      /no TCP or UDP port 8080: add it to the portMappings of the task definition, or correct the variable/,
    )
  })

  it('offers what it can: one bad variable hides no other, and is reported beside them', () => {
    const [task, definition] = taskOf({
      app: {
        bound: [tcp(80, 32768), tcp(81, 32769)],
        environment: { SERVICE_80_NAME: '_web._tcp', SERVICE_81_NAME: 'not a name' },
      },
    })
    const desired = project(
      fold([
        { _tag: 'DefinitionDescribed', definition },
        { _tag: 'TasksListed', cluster, at: 0, tasks: [task] },
      ]),
      { expose: srvNames(), covers: [cluster] },
    )
    deepStrictEqual(
      Array.from(desired.backends, ([name, { endpoints }]) => [name, endpoints.map(({ port }) => port)]),
      [['_web._tcp', [32768]]],
    )
    ok(desired.complete)
    const unresolved = desired.unresolved.get(task.arn)
    strictEqual(unresolved?.why, 'refused')
    match(unresolved.detail, /SERVICE_81_NAME="not a name" of container app/)
  })

  it('offers each well-formed variable and reports each other one, in any company', () => {
    const good = fc.constantFrom('_calc._tcp', 'portal', 'a.b.c', '_x._tcp.blue')
    const bad = fc.constantFrom('', 'a b', '_dns._udp', 'x'.repeat(70), 'dot.')
    const variable = fc.record({
      container: fc.constantFrom('app', 'sidecar'),
      port: fc.integer({ min: 80, max: 89 }),
      fine: fc.boolean(),
      good,
      bad,
      label: fc.boolean(),
    })
    holds(
      fc.property(
        fc.uniqueArray(variable, { selector: ({ container, port }) => `${container}:${port}`, maxLength: 8 }),
        (variables) => {
          const of = (container: string): Given => {
            const mine = variables.filter((one) => one.container === container)
            const values = (labels: boolean): Record<string, string> =>
              Object.fromEntries(
                mine
                  .filter(({ label }) => label === labels)
                  .map((one) => [`SERVICE_${one.port}_NAME`, one.fine ? one.good : one.bad]),
              )
            return { bound: [tcp(80, 32768, 10)], environment: values(false), labels: values(true) }
          }
          const exposure = exposureOf({ app: of('app'), sidecar: of('sidecar') })
          const fine = variables.filter((one) => one.fine)
          strictEqual(exposure._tag, fine.length === 0 && variables.length > 0 ? 'Refused' : 'Ports')
          deepStrictEqual(
            exposure._tag === 'Ports' ? exposure.ports.map(shown).toSorted() : [],
            fine
              .map((one) => `${one.good} → ${one.container}:${one.port}/tcp at ${32688 + one.port}`)
              .toSorted(),
          )
          strictEqual(faultsOf(exposure).length, variables.length - fine.length)
        },
      ),
    )
  })

  it('lets services and clusters share a name', () => {
    const definition = taskOf({
      web: { bound: [tcp(80)], environment: { SERVICE_80_NAME: '_web._tcp' } },
      api: { bound: [tcp(80)], environment: { SERVICE_80_NAME: '_web._tcp' } },
    })[1]
    const production = cluster.replace('staging', 'production')
    const tasks = [
      { ...observed({ id: '1', host: '10.0.0.1' }), definition: definition.arn },
      {
        ...observed({ id: '2', host: '10.0.0.2', service: 'api', cluster: production }),
        definition: definition.arn,
      },
    ]
    const desired = project(
      fold([
        { _tag: 'DefinitionDescribed', definition },
        ...tasks.map((task) => ({
          _tag: 'TasksListed' as const,
          cluster: task.cluster,
          at: 0,
          tasks: [task],
        })),
      ]),
      { expose: srvNames(), covers: [cluster, production] },
    )
    // The definition names a container that each task lacks, too: that is reported, and takes nothing away.
    deepStrictEqual(
      desired.backends.get('_web._tcp')?.endpoints.map(({ host }) => host),
      ['10.0.0.1', '10.0.0.2'],
    )
  })
})

describe('variables that look like ours and name no port', () => {
  it.each([
    'SERVICE_080_NAME',
    'SERVICE_0_NAME',
    'SERVICE_80/tcp_NAME',
    'SERVICE_80_tcp_NAME',
    'SERVICE_80_NAME.1',
    'SERVICE_80_NAMES',
    'SERVICE_80_NAME_2',
    'service_80_name',
  ])('are reported, and hold back no other: %s', (variable) => {
    const environment = { SERVICE_80_NAME: '_web._tcp', [variable]: '_other._tcp' }
    const exposure = exposureOf({ app: { bound: [tcp(80, 1)], environment } })
    deepStrictEqual(portsOf(exposure), ['_web._tcp → app:80/tcp at 1'])
    deepStrictEqual(faultsOf(exposure).length, 1)
    ok(faultsOf(exposure)[0]?.includes(`"${variable}" of container app names no port`))
  })

  it('are not variables of registrator, or of anybody’s', () => {
    const environment = {
      SERVICE_NAME: 'a',
      SERVICE_80_TAGS: 'b',
      SERVICE_80_CHECK_NAME: 'c',
      SERVICE_ACCOUNT_NAME: 'd',
    }
    deepStrictEqual(exposureOf({ app: { bound: [tcp(80, 1)], environment } }), { _tag: 'Ports', ports: [] })
  })
})

describe('srvNames with a template', () => {
  const template = '_{service}._{protocol}'
  const ofTask = (task: Exposable, definition: TaskDefinition, given: string): readonly string[] =>
    portsOf(srvNames({ template: given }).expose(task, definition))

  it('names the ports of tasks without variables', () => {
    const [task, definition] = taskOf({ app: { bound: [tcp(80, 32768), udp(53, 32769)] } })
    deepStrictEqual(ofTask(task, definition, template), [
      '_web._tcp → app:80/tcp at 32768',
      '_web._udp → app:53/udp at 32769',
    ])
    deepStrictEqual(ofTask(task, definition, '{container}-{port}.{cluster}'), [
      'app-80.staging → app:80/tcp at 32768',
      'app-53.staging → app:53/udp at 32769',
    ])
  })

  it('leaves tasks with variables to them', () => {
    deepStrictEqual(
      portsOf(
        exposureOf(
          { app: { bound: [tcp(80, 1), tcp(81, 2)], environment: { SERVICE_81_NAME: 'portal' } } },
          { template },
        ),
      ),
      ['portal → app:81/tcp at 2'],
    )
  })

  it('gives a name to one port of a task: of the container that is named as the service, else the lowest', () => {
    const [task, definition] = taskOf({
      admin: { bound: [tcp(70, 1)] },
      web: { bound: [tcp(8080, 2), tcp(80, 3), udp(80, 4)] },
    })
    deepStrictEqual(ofTask(task, definition, '{service}'), ['web → web:80/tcp at 3'])
    const other = taskOf({ b: { bound: [tcp(80, 1)] }, a: { bound: [tcp(80, 2), tcp(79, 3, 5)] } })
    deepStrictEqual(ofTask(...other, '{service}'), ['web → a:80/tcp at 2'])
  })

  it('gives a name to a TCP port before the UDP port of an agent, and one of a protocol to that alone', () => {
    const [task, definition] = taskOf({
      app: { bound: [tcp(8080, 1)] },
      xray: { bound: [udp(2000, 2)] },
    })
    deepStrictEqual(ofTask(task, definition, '{service}'), ['web → app:8080/tcp at 1'])
    const [agent, of] = taskOf({ app: {}, xray: { bound: [udp(2000, 2)] } })
    deepStrictEqual(ofTask(agent, of, '_{service}._tcp'), [])
    deepStrictEqual(ofTask(agent, of, '_{service}._udp'), ['_web._udp → xray:2000/udp at 2'])
    const [dns, ofDns] = taskOf({ metrics: { bound: [tcp(9100, 1)] }, web: { bound: [udp(53, 2)] } })
    deepStrictEqual(ofTask(dns, ofDns, '{service}'), ['web → web:53/udp at 2'])
  })

  it('leaves out tasks of no service, if it names the service', () => {
    const [task, definition] = taskOf({ app: { bound: [tcp(80, 1)] } })
    const alone = { ...task, group: 'family:web' }
    deepStrictEqual(ofTask(alone, definition, template), [])
    deepStrictEqual(ofTask(alone, definition, '{container}.apps'), ['app.apps → app:80/tcp at 1'])
  })

  it('refuses a service that cannot be a DNS name, with the reason', () => {
    const [task, definition] = taskOf({ app: { bound: [tcp(80, 1)] } })
    const exposure = srvNames({ template }).expose(
      { ...task, group: `service:${'w'.repeat(70)}` },
      definition,
    )
    strictEqual(exposure._tag, 'Refused')
    match(
      faultsOf(exposure)[0] ?? '',
      /port 80 of container app: no name by the template, its label "_w+…" has 71 characters, and the DNS allows 63/,
    )
  })

  it('is refused at the start when it can name nothing', () => {
    throws(
      () => srvNames({ template: '_{servcie}._tcp' }),
      /srvNames: template: expected fields among \{service\}, \{container\}, \{port\}.*, got \{servcie\} in "_\{servcie\}\._tcp"/,
    )
    throws(
      () => srvNames({ template: '{service}..local' }),
      /template: expected .*, got "web\.\.local": it has an empty label/,
    )
    throws(() => srvNames({ template: '{service}.' }), /expected no trailing dot/)
    throws(() => srvNames({ template: '' }), /it is empty/)
    throws(() => srvNames({ template: '{service' }), /characters other/)
  })
})
