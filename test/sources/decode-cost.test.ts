import { describe, expect, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import { canonicalBindings, canonicalContainers, type Container } from '../../src/core/task.js'
import { decodeMessage, explain } from '../../src/sources/ecs-events/ecs-event.js'
import { decodeLine, encodeEntry } from '../../src/journal/journal.js'
import { decodeRecords } from '../../src/sources/ecs-events/lambda-records.js'
import { ecsEvent, inLambdaSqs, inSns } from '../support/ecs-event-builder.js'

const mebibyte = 1024 * 1024

const repeated = (item: unknown, bytes: number): readonly unknown[] =>
  Array.from({ length: Math.floor(bytes / (JSON.stringify(item).length + 1)) }, () => item)

const withDetail = (changes: object): string => {
  const event = ecsEvent()
  return JSON.stringify({ ...event, detail: { ...event.detail, ...changes } })
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Messages of about so many bytes, each of which is work for some part of the decoder. */
const messages: Readonly<Record<string, (bytes: number) => string>> = {
  'bindings of one container': (bytes) =>
    withDetail({
      containers: [
        {
          name: 'web',
          lastStatus: 'RUNNING',
          networkBindings: repeated({ containerPort: 80, hostPort: 1 }, bytes),
        },
      ],
    }),
  'containers of one name': (bytes) =>
    withDetail({ containers: repeated({ name: 'web', lastStatus: 'RUNNING' }, bytes) }),
  '300 containers of one name, full of distinct bindings': (bytes) =>
    withDetail({
      containers: Array.from({ length: 300 }, (_, i) => ({
        name: 'web',
        lastStatus: 'RUNNING',
        networkBindings: Array.from({ length: Math.floor(bytes / 300 / 40) }, (_, j) => ({
          containerPort: 1 + ((i * 101 + j * 7) % 65_535),
          hostPort: 1 + j,
        })),
      })),
    }),
  'containers that are none': (bytes) => withDetail({ containers: repeated(7, bytes) }),
  '300 containers full of bindings that are none': (bytes) =>
    withDetail({
      containers: Array.from({ length: 300 }, () => ({
        name: 'web',
        networkBindings: repeated(7, bytes / 900),
      })),
    }),
  attachments: (bytes) => withDetail({ attachments: repeated({ type: 'eni', details: [] }, bytes) }),
  'details of one attachment': (bytes) =>
    withDetail({
      attachments: [{ type: 'eni', details: repeated({ name: 'privateIPv4Address', value: 'x' }, bytes) }],
    }),
  'a group without end': (bytes) => withDetail({ group: 'x'.repeat(bytes) }),
  'an ARN without end': (bytes) =>
    withDetail({ taskArn: `arn:aws:ecs:eu-west-1:123456789012:task/${'a/'.repeat(bytes / 2)}` }),
  'an ARN of many partitions': (bytes) => withDetail({ clusterArn: `arn:aws${'-a'.repeat(bytes / 2)}` }),
  'a time without end': (bytes) => withDetail({ updatedAt: `2026-01-02T03:04:05.${'0'.repeat(bytes)}Z` }),
  'an address without end': (bytes) =>
    withDetail({ containers: [{ networkInterfaces: [{ ipv6Address: '0:'.repeat(bytes / 2) }] }] }),
  'lone surrogates': (bytes) => withDetail({ group: '\ud83d'.repeat(bytes / 6) }),
  'deep nesting': (bytes) => nested(bytes / 2),
  'deep nesting inside a task': (bytes) => withDetail({ group: 7 }).replace('7', nested(bytes / 2)),
  'an object of many keys': (bytes) =>
    JSON.stringify(
      Object.fromEntries(Array.from({ length: bytes / 100 }, (_, i) => [`key${i}`.padEnd(90, '-'), 1])),
    ),
  'envelopes in envelopes': (bytes) => {
    const inside = JSON.stringify(inSns(inSns(ecsEvent({ group: 7 }))))
    return JSON.stringify(inLambdaSqs({ ...inSns({}), Message: inside, padding: '"'.repeat(bytes / 4) }))
  },
  'a batch of many events': (bytes) =>
    JSON.stringify(inLambdaSqs(repeated({ detail: { taskArn: 'a' } }, bytes))),
}

/** Milliseconds that this process has computed for: what else runs on the machine adds little to them. */
const costOf = (run: () => void): number => {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const parts = 16

/**
 * Whether a mebibyte in one piece costs what it costs in sixteen. Work in proportion to the length comes to the same;
 * quadratic work is sixteen times as much, and four times is the limit. Disturbances only add to a cost: so the least
 * costs of several attempts are compared, and the first attempt that is good enough ends it.
 */
const costsInProportion = (
  decode: (text: string) => unknown,
  of: (bytes: number) => string,
  attempts = 8,
): boolean => {
  const [part, whole] = [of(mebibyte / parts), of(mebibyte)]
  let [leastParts, leastWhole] = [Infinity, Infinity]
  // Compiled by now: otherwise the parts, which come first, would cost more than they do.
  for (let i = 0; i < parts; i++) decode(part)
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Three times, because one disturbed cost of the parts would let any decoder pass.
    for (let time = 0; time < 3; time++)
      leastParts = Math.min(
        leastParts,
        costOf(() => {
          for (let i = 0; i < parts; i++) decode(part)
        }),
      )
    leastWhole = Math.min(
      leastWhole,
      costOf(() => decode(whole)),
    )
    // Below some milliseconds, start-up of the compiler and the collector is most of a cost.
    if (leastWhole <= Math.max(4 * leastParts, 20)) return true
  }
  return false
}

describe('a message of a mebibyte', () => {
  const decode = (message: string): void => {
    decodeMessage(message)
    decodeRecords(JSON.parse(message))
  }

  it.each(Object.entries(messages))('(%s) costs what sixteen of a sixteenth do', (_, of) => {
    expect(costsInProportion(decode, of)).toBe(true)
  })

  it('costs more with a decoder that looks for each port among all others: the law sees it', () => {
    const withoutDoubles = (message: string): number => {
      const { hostPorts } = (JSON.parse(message) as { detail: { hostPorts: readonly number[] } }).detail
      // Not `lastIndexOf`, which some releases of Node make almost free.
      return hostPorts.filter((port) => hostPorts.filter((other) => other === port).length === 1).length
    }
    const distinct = (bytes: number): string =>
      withDetail({ hostPorts: Array.from({ length: bytes / 70 }, (_, i) => i) })
    expect(costsInProportion(withoutDoubles, distinct, 2)).toBe(false)
  })

  it.each(Object.entries(messages))('(%s) is explained in a few lines', (_, of) => {
    const decoded = decodeMessage(of(mebibyte))
    if (decoded._tag !== 'Undecodable') return
    expect(decoded.errors.length).toBeLessThanOrEqual(100)
    expect(explain(decoded.errors).length).toBeLessThan(8_192)
  })

  it('with half a million errors lists the first hundred, and says that there are more', () => {
    const containers = Array.from({ length: 300 }, () => ({ networkBindings: repeated(7, 900) }))
    const decoded = decodeMessage(withDetail({ containers }))
    expect(decoded._tag === 'Undecodable' && explain(decoded.errors)).toContain('… and at least 80 more')
  })
})

/** Compares as often as it is asked to, and counts. */
const counted = () => {
  let reads = 0
  const binding = (containerPort: number): Binding => ({
    get containerPort() {
      reads++
      return containerPort
    },
    hostPort: 1,
    protocol: 'tcp',
    count: 1,
  })
  return { binding, reads: () => reads }
}

describe('putting into canonical form', () => {
  const readsFor = (size: number, containersOf: (bindings: readonly Binding[]) => void): number => {
    const { binding, reads } = counted()
    containersOf(Array.from({ length: size }, (_, i) => binding(1 + ((i * 7919) % size))))
    return reads()
  }

  it('compares n log n bindings', () => {
    const few = readsFor(1_000, canonicalBindings)
    const many = readsFor(16_000, canonicalBindings)
    expect(many / few).toBeLessThan(16 * 1.7)
  })

  it('joins any number of containers of one name in n log n', () => {
    const joined = (bindings: readonly Binding[]): void => {
      const containers = bindings.map((binding): Container => ({
        name: 'web',
        arn: undefined,
        version: 1,
        lastStatus: 'RUNNING',
        runtimeId: undefined,
        bindingsVersion: 1,
        bindings: [binding],
      }))
      const [one, ...others] = canonicalContainers(containers)
      expect(others).toEqual([])
      expect(one?.bindings.length).toBe(bindings.length)
    }
    expect(readsFor(16_000, joined) / readsFor(1_000, joined)).toBeLessThan(16 * 1.9)
  })
})

describe('a line of a journal', () => {
  const lines: Readonly<Record<string, (bytes: number) => string>> = {
    'labels that are none': (bytes) => {
      const labels = Object.fromEntries(
        Array.from({ length: bytes / 100 }, (_, i) => [`key${i}`.padEnd(90, '-'), 1]),
      )
      const containers = [{ name: 'web', image: null, ports: [], labels, environment: {} }]
      const definition = { arn: 'a', networkMode: 'bridge', containers }
      return JSON.stringify({
        v: 1,
        at: 0,
        source: 's',
        events: [{ _tag: 'DefinitionDescribed', definition }],
      })
    },
    'events that are none': (bytes) =>
      JSON.stringify({ v: 1, at: 0, source: 's', events: repeated(7, bytes) }),
    'tasks that are none': (bytes) =>
      JSON.stringify({
        v: 1,
        at: 0,
        source: 's',
        events: [{ _tag: 'TasksListed', cluster: 'c', at: 0, tasks: repeated({}, bytes) }],
      }),
  }

  it.each(Object.entries(lines))(
    '(%s) costs in proportion to its length, and is explained briefly',
    (_, of) => {
      expect(costsInProportion(decodeLine, of)).toBe(true)
      const decoded = decodeLine(of(mebibyte))
      expect(decoded._tag === 'Undecodable' && decoded.reason.length).toBeLessThan(8_192)
    },
  )

  it('with a version, time or text that cannot be is neither read nor written', () => {
    const decoded = decodeMessage(JSON.stringify(ecsEvent()))
    if (decoded._tag !== 'Event' || decoded.event._tag !== 'TaskChanged') throw new Error(decoded._tag)
    const { task } = decoded.event
    const written = (changes: Partial<typeof task>) =>
      encodeEntry(0, 'test', [{ _tag: 'TaskChanged', task: { ...task, ...changes } }])
    const good = written({})
    if (good._tag !== 'Line') throw new Error(good.reason)
    for (const [changes, from, to] of [
      [{ version: Number.MAX_SAFE_INTEGER }, '"version":5,"at"', '"version":9007199254740991,"at"'],
      [{ at: 1e300 }, `"at":${task.at}`, '"at":1e300'],
      [{ group: 'half \ud83d' }, '"service:web"', '"half \\ud83d"'],
    ] as const) {
      expect(good.line).toContain(from)
      expect(decodeLine(good.line.replace(from, to))._tag).toBe('Undecodable')
      expect(written(changes)._tag).toBe('Unencodable')
    }
  })
})
