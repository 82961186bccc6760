import { afterEach, describe, expect, it, vi } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { accounts } from './account.js'

const zone = { id: 'Z0123456789ABCDEFGHIJ', name: 'servicediscovery.internal.' }

describe('the worker srv-records, over the wire', () => {
  const account = accounts()
  const zones: EmbeddedRoute53[] = []
  afterEach(async () => {
    await Promise.all(zones.splice(0).map((each) => each.close()))
  })

  /** Two services that ask for names in the environment and in labels, and one that asks for none. */
  const setting = async () => {
    const { command, ...rest } = await account([
      {
        name: 'calc',
        placement: 'bridge',
        desiredCount: 3,
        containerPort: 8081,
        environment: { SERVICE_8081_NAME: '_calc._tcp' },
      },
      {
        name: 'portal',
        placement: 'fargate',
        desiredCount: 2,
        dockerLabels: { SERVICE_8080_NAME: '_portal._tcp' },
      },
      { name: 'nameless', placement: 'external', desiredCount: 1 },
    ])
    const route53 = await embeddedRoute53({ zones: [zone] })
    zones.push(route53)
    const resolver = route53.resolver()
    /** By DNS alone: `address:port` of every target. */
    const answers = async (name: string): Promise<readonly string[]> => {
      const targets = await resolver.resolveSrv(`${name}.servicediscovery.internal`).catch(() => [])
      const addresses = await Promise.all(
        targets.map(async ({ name: host, port }) =>
          (await resolver.resolve4(host)).map((address) => `${address}:${port}`),
        ),
      )
      return addresses.flat().sort()
    }
    const env = { AWS_ENDPOINT_URL_ROUTE_53: route53.url, ZONE_ID: zone.id }
    return {
      ...rest,
      route53,
      answers,
      command: (argv: readonly string[], more = {}) => command(argv, { ...env, ...more }),
      truth: (service: string) => [...(rest.cluster.truth().get(service) ?? [])].sort(),
    }
  }

  it('brings the zone to what a snapshot lists, follows events, and takes away what is gone', async () => {
    const { command, queueUrl, tell, answers, truth, route53 } = await setting()
    const worker = command(['srv-records'], { QUEUE_URL: queueUrl })
    await worker.logged('ready: every required sink has reached a complete state')
    expect(truth('calc')).toHaveLength(3)
    await expect.poll(() => answers('_calc._tcp')).toEqual(truth('calc'))
    await expect.poll(() => answers('_portal._tcp')).toEqual(truth('portal'))
    expect(await answers('_nameless._tcp')).toEqual([])

    await tell((cluster) => {
      cluster.scale('calc', 5)
      cluster.scale('portal', 1)
    })
    await expect.poll(() => answers('_calc._tcp')).toEqual(truth('calc'))
    await expect.poll(() => answers('_portal._tcp')).toEqual(truth('portal'))
    await tell((cluster) => cluster.scale('portal', 0))
    await expect.poll(() => answers('_portal._tcp')).toEqual([])

    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
    // What it leaves is for those who ask: the names that have tasks, their hosts, and the ownership records of both.
    const names = (await route53.recordSets(zone.id)).map(({ Name, Type }) => `${Type ?? ''} ${Name ?? ''}`)
    expect(names.filter((name) => name.startsWith('SRV'))).toEqual([
      'SRV _calc._tcp.servicediscovery.internal.',
    ])
  })

  it('plans without writing, names what has no name by a template, and takes over a zone of ecssd', async () => {
    const { command, route53, answers, truth, cluster } = await setting()
    const host = (address: string): string => `ip-${address.replaceAll('.', '-')}.servicediscovery.internal.`
    // An agent asks EC2 what its machine is called.
    const machine = (address: string): string =>
      `ip-${address.replaceAll('.', '-')}.us-east-1.compute.internal`
    const calc = truth('calc').map((address) => address.split(':'))
    const [[first = '', port = ''] = []] = calc
    const leftover = { address: '10.255.0.9', port: '40000' }
    // As the agents on two machines left them, one of which is dead.
    for (const [address, at] of [
      [first, port],
      [leftover.address, leftover.port],
    ] as const)
      await route53.change(zone.id, [
        {
          Action: 'CREATE',
          ResourceRecordSet: {
            Name: `_calc._tcp.${zone.name}`,
            Type: 'SRV',
            TTL: 0,
            Weight: 1,
            SetIdentifier: `${machine(address)}:0123456789ab`,
            ResourceRecords: [{ Value: `1 1 ${at} ${machine(address)}` }],
          },
        },
        {
          Action: 'CREATE',
          ResourceRecordSet: {
            Name: host(address),
            Type: 'A',
            TTL: 0,
            Weight: 1,
            SetIdentifier: machine(address),
            ResourceRecords: [{ Value: address }],
          },
        },
      ])
    const before = await route53.recordSets(zone.id)
    const foreign = await command(['plan', 'srv-records']).ended
    expect(foreign.out).toContain('foreign')

    const settings = { ADOPT: 'ecssd', SHAPE: 'weighted', NAME_TEMPLATE: '_{service}._{protocol}' }
    const planned = await command(['plan', 'srv-records'], settings).ended
    expect(planned.code).toBe(2)
    expect(await route53.recordSets(zone.id)).toEqual(before)

    const worker = command(['srv-records'], settings)
    await worker.logged('ready: every required sink has reached a complete state')
    // The snapshot makes the state complete; the lookups of instances may answer later.
    const sets = await vi.waitFor(async () => {
      const found = await route53.recordSets(zone.id)
      const targets = found
        .filter(({ Name, Type }) => Type === 'SRV' && Name === `_calc._tcp.${zone.name}`)
        .flatMap(({ ResourceRecords = [] }) => ResourceRecords.map(({ Value = '' }) => Value.split(' ')[2]))
      expect(targets.sort()).toEqual(calc.map(([, each]) => each).sort())
      return found
    })
    expect(await answers('_nameless._tcp')).toEqual(truth('nameless'))
    expect(before.map(({ Name }) => Name)).toContain(host(leftover.address))
    expect(sets.map(({ Name }) => Name)).toContain(host(first))
    expect(sets.map(({ Name }) => Name)).not.toContain(host(leftover.address))
    expect(cluster.truth().size).toBe(3)
  })

  it('skips a plan that would prune most of its names, until the prune guard is taken off', async () => {
    const { command } = await account(
      Array.from({ length: 12 }, (_, i) => ({
        name: `service-${i}`,
        placement: 'fargate',
        desiredCount: 1,
      })),
    )
    const route53 = await embeddedRoute53({ zones: [zone] })
    zones.push(route53)
    const env = { AWS_ENDPOINT_URL_ROUTE_53: route53.url, ZONE_ID: zone.id }
    const worker = command(['srv-records', '--name-template', '_{service}._tcp'], env)
    await worker.logged('ready: every required sink has reached a complete state')
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })

    const renamed = [
      'plan',
      'srv-records',
      '--name-template',
      '_{service}-{cluster}._tcp',
      '--format',
      'json',
    ]
    const changesOf = async (argv: readonly string[]) => {
      const { code, out } = await command(argv, env).ended
      const { sinks } = JSON.parse(out) as {
        sinks: { changes: { kind: string }[]; skipped: { why: string }[] }[]
      }
      const changes = sinks.flatMap((sink) => sink.changes)
      const skipped = sinks.flatMap((sink) => sink.skipped)
      return { code, deleted: changes.filter(({ kind }) => kind === 'delete').length, skipped }
    }
    const guarded = await changesOf(renamed)
    expect(guarded).toMatchObject({ code: 2, deleted: 0 })
    expect(guarded.skipped).toHaveLength(12)
    expect(new Set(guarded.skipped.map(({ why }) => why))).toEqual(new Set(['too-much']))
    expect(await changesOf([...renamed, '--prune-guard', 'off'])).toMatchObject({ deleted: 12, skipped: [] })
  })
})
