import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import { verdictOf } from '../../src/sinks/haproxy/answers.js'
import { heldServers, rowOf } from '../../src/sinks/haproxy/held-servers.js'
import { haproxyRendering, type HaproxyServers } from '../../src/sinks/haproxy/rendering.js'
import { followReloads, haproxyRuntime } from '../../src/sinks/haproxy/runtime.js'
import { parseServerName, serverName } from '../../src/sinks/haproxy/server-name.js'
import { serverOptions } from '../../src/sinks/haproxy/server-options.js'
import { fittedWeights } from '../../src/sinks/haproxy/server-weights.js'
import { parseServersState } from '../../src/sinks/haproxy/servers-state.js'
import { stepsOf } from '../../src/sinks/haproxy/steps.js'
import { HaproxyServers as Simulated } from '../../sim/haproxy/haproxy-servers.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { runs } from '../laws/runs.js'
import { blueGreen } from '../support/shared-backend.js'

const at = (last: number, port = 80) => ({ host: `10.0.0.${last}`, port })
const address = fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 1, max: 65_535 }) })
const owner = fc.string({ unit: 'binary', minLength: 1 })

describe('the name of a server', () => {
  it('tells its owner, whatever that is called, in letters that HAProxy allows', () => {
    fc.assert(
      fc.property(owner, fc.option(address, { nil: undefined }), (name, place) => {
        const text = serverName('ecs', name, place)
        expect(text).toMatch(/^[A-Za-z0-9_.:-]+$/)
        expect(parseServerName('ecs', text)).toEqual({ owner: name, isKeeper: place === undefined })
      }),
      { numRuns: runs },
    )
  })

  it('differs for other owners and addresses', () => {
    fc.assert(
      fc.property(fc.tuple(owner, address), fc.tuple(owner, address), ([a, at], [b, there]) => {
        const same = a === b && at.host === there.host && at.port === there.port
        expect(serverName('ecs', a, at) === serverName('ecs', b, there)).toBe(same)
      }),
      { numRuns: runs },
    )
  })

  it.each([
    'static',
    'ecs',
    'ecs:',
    'ecs::none',
    'ecs:by-hand',
    'ecs:a_2:none',
    'ecs:a_2f:none',
    'ecs2:a:none',
  ])('is not ours: %s', (name) => expect(parseServerName('ecs', name)).toBeUndefined())
})

describe('weights', () => {
  const proportional = (fitted: (weights: readonly number[]) => readonly number[]) =>
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (weights) => {
      const found = fitted(weights)
      const greatest = Math.max(...weights)
      expect(found).toHaveLength(weights.length)
      found.forEach((weight, i) => {
        expect(Number.isInteger(weight) && weight >= 0 && weight <= 256).toBe(true)
        expect(weight === 0).toBe(weights[i] === 0)
        const share = greatest === 0 ? 0 : (weights[i] ?? 0) / greatest
        const most = Math.max(...found)
        expect(Math.abs(weight - share * most)).toBeLessThanOrEqual(1)
      })
    })

  it('fit HAProxy and keep their proportion, and none but 0 becomes 0', () => {
    fc.assert(proportional(fittedWeights), { numRuns: runs })
  })

  it('are noticed if they are cut off instead', () => {
    const cut = (weights: readonly number[]) => weights.map((weight) => Math.min(256, Math.ceil(weight)))
    expect(() => fc.assert(proportional(cut), { numRuns: 1000 })).toThrow()
  })

  it('that fit stay as they are', () => {
    expect(fittedWeights([1, 256, 0])).toEqual([1, 256, 0])
    expect(fittedWeights([300, 150, 0])).toEqual([256, 128, 0])
    expect(fittedWeights([0.5, 1])).toEqual([128, 256])
    expect(fittedWeights([])).toEqual([])
  })
})

describe('a backend', () => {
  const { render, equals, hostsOf, emptied } = haproxyRendering()
  const rendered = (backend: Backend, before?: HaproxyServers) =>
    render(backendsOf([backend]), new Map(before === undefined ? [] : [[backend.name, before]])).get(
      backend.name,
    )

  it('is its servers by address; without any, it is ours only if it was', () => {
    const before = rendered(backendOf('web', [at(2), at(1)]))
    expect(before).toEqual({
      servers: [
        { ...at(1), weight: 1 },
        { ...at(2), weight: 1 },
      ],
      leaving: [],
    })
    expect(rendered(backendOf('web', []))).toBeUndefined()
    expect(rendered(backendOf('web', []), before)).toEqual({ servers: [], leaving: [] })
    expect(before && hostsOf(before)).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(before && hostsOf(emptied(before))).toEqual([])
  })

  it('that is incomplete keeps what nothing explains, with its weight, but not what leaves', () => {
    const before = {
      servers: [at(1), at(2)].map((place) => ({ ...place, weight: 7 })),
      leaving: ['ecs:a:b:1'],
    }
    const now = rendered(backendOf('web', [at(3)], { complete: false, gone: [at(2)] }), before)
    expect(now).toEqual({
      servers: [
        { ...at(1), weight: 7 },
        { ...at(3), weight: 1 },
      ],
      leaving: [],
    })
  })

  it('has the shares of a deployment', () => {
    const shares = blueGreen('web', { blue: [at(1), at(2)], green: [at(3)], percent: 10 })
    expect(rendered(shares)?.servers.map(({ weight }) => weight)).toEqual([9, 9, 2])
  })

  it('differs if a weight does, or if something is left behind', () => {
    const one: HaproxyServers = { servers: [{ ...at(1), weight: 1 }], leaving: [] }
    expect(equals(one, { servers: [{ ...at(1), weight: 2 }], leaving: [] })).toBe(false)
    expect(equals(one, { ...one, leaving: ['ecs:a:10.0.0.2:80'] })).toBe(false)
    expect(equals(one, { servers: [{ ...at(1), weight: 1 }], leaving: [] })).toBe(true)
  })
})

describe('server options', () => {
  it('are keywords of a server, and tell whether there are checks', () => {
    expect(serverOptions('o', '')).toEqual({ text: '', hasChecks: false })
    expect(serverOptions('o', '  check inter 2s   maxconn 100 ')).toEqual({
      text: 'check inter 2s maxconn 100',
      hasChecks: true,
    })
    expect(serverOptions('o', 'ssl verify none sni str(a.example.com) alpn h2,http/1.1').hasChecks).toBe(
      false,
    )
  })

  it.each([
    ['maxconn abc', 'o: expected a number after maxconn, got "abc"'],
    ['inter', 'o: expected a time such as 2s after inter, got nothing'],
    ['chekc', 'o: expected keywords of a server that HAProxy takes while it runs'],
    ['check check', 'o: expected check once, got it twice'],
    ['weight 5', 'got "weight"'],
    ['disabled', 'got "disabled"'],
    ['sni "a', 'o: expected a word without blanks'],
    ['crt a;shutdown', 'o: expected a word without blanks'],
    ['check\nshutdown', 'got "check\\nshutdown"'],
    ['ca-file <<', 'o: expected a word without blanks'],
  ])('are refused: %s', (text, message) => {
    expect(() => serverOptions('o', text)).toThrow(message)
  })
})

describe('the commands', () => {
  const options = serverOptions('o', 'check inter 2s')
  const web = () => new Simulated(new Map([['web', { balance: 'leastconn', servers: new Map() }]]))
  const commandsFor = (haproxy: Simulated, after: HaproxyServers | undefined): readonly string[] => {
    const states = parseServersState(`${haproxy.execute('show servers state web')}\n\n`) ?? []
    const steps = stepsOf(heldServers('ecs', states), after, {
      backend: 'web',
      owner: 'us',
      prefix: 'ecs',
      options,
    })
    return steps.flatMap(({ commands }) => commands.map(({ text }) => text))
  }
  const made = (haproxy: Simulated, after: HaproxyServers | undefined): readonly string[] => {
    const commands = commandsFor(haproxy, after)
    for (const command of commands) haproxy.execute(command)
    return commands
  }
  const of = (...servers: HaproxyServers['servers']): HaproxyServers => ({ servers, leaving: [] })

  it('add before they take away, check before they enable, and delete what is in maintenance', () => {
    const haproxy = web()
    expect(made(haproxy, of({ ...at(1), weight: 3 }))).toEqual([
      'add server web/ecs:us:10.0.0.1:80 10.0.0.1:80 weight 3 check inter 2s',
      'enable health web/ecs:us:10.0.0.1:80',
      'set server web/ecs:us:10.0.0.1:80 state ready',
    ])
    expect(made(haproxy, of({ host: 'fd00::1', port: 80, weight: 1 }))).toEqual([
      'add server web/ecs:us:fd00::1:80 [fd00::1]:80 weight 1 check inter 2s',
      'enable health web/ecs:us:fd00::1:80',
      'set server web/ecs:us:fd00::1:80 state ready',
      'set server web/ecs:us:10.0.0.1:80 state maint',
      'del server web/ecs:us:10.0.0.1:80',
    ])
    expect(made(haproxy, of())).toEqual([
      'add server web/ecs:us:none 127.0.0.1:1 weight 0',
      'set server web/ecs:us:fd00::1:80 state maint',
      'del server web/ecs:us:fd00::1:80',
    ])
    expect(made(haproxy, of())).toEqual([])
    expect(made(haproxy, undefined)).toEqual(['del server web/ecs:us:none'])
  })

  it('correct what others have changed', () => {
    const haproxy = web()
    const wanted = of({ ...at(1), weight: 3 })
    made(haproxy, wanted)
    const place = 'web/ecs:us:10.0.0.1:80'
    for (const command of [
      `set server ${place} weight 7`,
      `set server ${place} addr 10.0.0.9 port 99`,
      `set server ${place} state drain`,
    ])
      haproxy.execute(command)
    expect(made(haproxy, wanted)).toEqual([
      `set server ${place} addr 10.0.0.1 port 80`,
      `set server ${place} weight 3`,
      `enable health ${place}`,
      `set server ${place} state ready`,
    ])
    expect(commandsFor(haproxy, wanted)).toEqual([])
  })
})

describe('answers', () => {
  const verdict = (_tag: 'Add' | 'Set' | 'EnableHealth' | 'Delete', answer: string) =>
    verdictOf({ _tag, text: '' }, answer, { backend: 'web', options: 'check' })

  it.each([
    ['Add', 'No such backend.\n', 'Add `backend web` with `balance leastconn` to haproxy.cfg'],
    [
      'Add',
      'Backend must use a dynamic load balancing to support dynamic servers.\n',
      'Give it `balance leastconn`',
    ],
    ['Add', "unknown keyword 'foo'\n\n", 'Correct the server options, `check`'],
    ['Set', 'Permission denied\n', 'Add `level admin`'],
    ['Add', 'Unknown command, but maybe\n', 'Use HAProxy 2.6 or newer'],
    ['Add', 'This command is restricted to experimental mode only.\n', 'Use HAProxy 2.6 or newer'],
  ] as const)('of %s that are refusals say what to do: %s', (tag, answer, advice) => {
    const found = verdict(tag, answer)
    expect(found._tag).toBe('Refused')
    expect(JSON.stringify(found)).toContain(advice)
  })

  it.each([
    ['Add', 'Already exists a server with the same name in backend.\n\n', 'Done'],
    ['Delete', 'No such server.\n', 'Done'],
    ['Delete', 'Server still has connections attached to it, cannot remove it.\n', 'Busy'],
    ['Delete', 'Only servers in maintenance mode can be deleted.\n', 'Changed'],
    ['Set', 'No such server.\n', 'Changed'],
    ['Set', '\n', 'Done'],
    ['Set', 'something else\n', 'Failed'],
    ['Delete', 'something else\n', 'Failed'],
    ['EnableHealth', 'Health check was not configured on this server, cannot enable.\n', 'Done'],
  ] as const)('%s: %j is %s', (tag, answer, expected) => {
    expect(verdict(tag, answer)._tag).toBe(expected)
  })

  it.each([
    ['1\n# be_name srv_name\n\n', 'it has no column srv_addr'],
    ['Permission denied\n', 'Use a stats socket with `level admin`'],
    ['', 'HAProxy gave an unexpected answer'],
  ])('about servers that are none are refused: %j', (answer, message) => {
    expect(() => parseServersState(answer)).toThrow(message)
  })

  it('about servers that end anywhere but at the end are refused', () => {
    const haproxy = new Simulated(new Map([['web', { balance: 'random', servers: new Map() }]]))
    for (let n = 1; n <= 5; n++) haproxy.execute(`add server web/ecs:us:10.0.0.${n}:80 10.0.0.${n}:80`)
    const whole = `${haproxy.execute('show servers state')}\n\n`
    expect(parseServersState(whole)).toHaveLength(5)
    for (let length = 0; length < whole.length; length++)
      expect(() => parseServersState(whole.slice(0, length)), String(length)).toThrow()
  })
})

it('of a backend with servers of two owners, the first by name has it', () => {
  const state = (name: string, isReady: boolean) => ({
    ...{ ...at(1), backend: 'web', name, weight: 1, isReady, unchangedFor: 0 },
  })
  const held = heldServers('ecs', [
    state('ecs:b:10.0.0.1:80', true),
    state('ecs:a:none', false),
    state('x', true),
  ])
  expect(rowOf('web', held, () => false)).toMatchObject({ owner: 'a', value: { servers: [], leaving: [] } })
})

describe('options of the sink', () => {
  it.each([
    [{ address: '' }, 'haproxyRuntime: address: expected the absolute path'],
    [{ address: 'admin.sock' }, 'haproxyRuntime: address: expected'],
    [{ address: '127.0.0.1:0' }, 'haproxyRuntime: address: expected'],
    [{ address: '[nothing]:1' }, 'haproxyRuntime: address: expected'],
    [{ address: '/a', prefix: 'a:b' }, 'haproxyRuntime: prefix: expected'],
    [{ address: '/a', serverOptions: 'x' }, 'haproxyRuntime: serverOptions: expected'],
    [{ address: '/a', drainMs: -1 }, 'haproxyRuntime: drainMs: expected'],
    [{ address: '/a', timeoutMs: 0 }, 'haproxyRuntime: timeoutMs: expected'],
    [{ address: '/a', maxAnswerBytes: 1 }, 'haproxyRuntime: maxAnswerBytes: expected'],
  ])('that are wrong are refused: %j', (options, message) => {
    expect(() => haproxyRuntime(options)).toThrow(message)
  })

  it('of what follows reloads are checked, too', () => {
    const never = { reread: () => Promise.resolve(), state$: { subscribe: () => undefined } }
    const follow = (options: Parameters<typeof followReloads>[1]) => (): void =>
      followReloads(never as never, options)
    expect(follow({ address: 'x' })).toThrow('followReloads: address: expected')
    expect(follow({ address: '/x', everyMs: 1 })).toThrow('followReloads: everyMs: expected')
  })
})
