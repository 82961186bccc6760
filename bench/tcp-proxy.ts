import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AimName } from './aims.js'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured, skipped } from './finding.js'
import { haproxy, haproxyVersion } from './haproxy.js'
import { processorTimeOf } from './processor-time.js'
import { medianOf, quantile, ratios, spread } from './spread.js'
import { against, heading, table } from './stopwatch.js'
import { TcpClient } from './tcp-client.js'

const REQUEST_BYTES = 512
const ROUNDS = 5
const BULK_CHUNK = 2 ** 20

/** How much each workload does in a round. */
interface Load {
  readonly kept: { readonly connections: number; readonly requests: number }
  readonly fresh: { readonly clients: number; readonly connections: number }
  readonly bulk: { readonly connections: number; readonly bytes: number; readonly chunk: number }
  readonly many: number
}

const full: Load = {
  kept: { connections: 32, requests: 8_000 },
  fresh: { clients: 16, connections: 2_000 },
  bulk: { connections: 4, bytes: 32 * 2 ** 20, chunk: BULK_CHUNK },
  many: 4_000,
}
const few: Load = {
  kept: { connections: 8, requests: 400 },
  fresh: { clients: 4, connections: 100 },
  bulk: { connections: 2, bytes: 2 * 2 ** 20, chunk: BULK_CHUNK },
  many: 100,
}

/** A way to the tasks. */
interface Route {
  readonly name: string
  /** To tasks that answer small requests, and to those that answer large ones. */
  readonly small: number
  readonly large: number
  /** The processes on the way to them. */
  readonly proxies?: { readonly small: ChildProcess; readonly large: ChildProcess }
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const forked = async (name: string, args: readonly (string | number)[]) => {
  const child = fork(script(name), args.map(String))
  const [port] = (await once(child, 'message')) as [number]
  return { port, child }
}

const timed = async (latencies: number[], work: () => Promise<void>): Promise<void> => {
  const start = performance.now()
  await work()
  latencies.push(performance.now() - start)
}

/** Requests over connections that stay open, each after the answer to the one before. */
const overKept = async (port: number, load: Load['kept'], latencies: number[]): Promise<number> => {
  const clients = await Promise.all(
    Array.from({ length: load.connections }, () => TcpClient.open(port, REQUEST_BYTES)),
  )
  const start = performance.now()
  let left = load.requests
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) await timed(latencies, () => client.ask())
    }),
  )
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (load.requests * 1000) / took
}

/** A connection for each request: from connect to answer. */
const overNew = async (port: number, load: Load['fresh'], latencies: number[]): Promise<number> => {
  const start = performance.now()
  let left = load.connections
  await Promise.all(
    Array.from({ length: load.clients }, async () => {
      while (left-- > 0)
        await timed(latencies, async () => {
          const client = await TcpClient.open(port, REQUEST_BYTES)
          await client.ask()
          client.close()
        })
    }),
  )
  return (load.connections * 1000) / (performance.now() - start)
}

/** Megabytes a second there and back again. */
const inBulk = async (port: number, load: Load['bulk']): Promise<number> => {
  const clients = await Promise.all(
    Array.from({ length: load.connections }, () => TcpClient.open(port, load.chunk)),
  )
  const start = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      for (let sent = 0; sent < load.bytes; sent += load.chunk) await client.ask()
    }),
  )
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (2 * load.connections * load.bytes) / 2 ** 20 / (took / 1000)
}

/** Opens very many connections, and asks once over each while all are open. */
const overMany = async (port: number, count: number, latencies: number[]): Promise<number> => {
  const start = performance.now()
  const clients: TcpClient[] = []
  while (clients.length < count)
    clients.push(
      ...(await Promise.all(Array.from({ length: 100 }, () => TcpClient.open(port, REQUEST_BYTES)))),
    )
  for (let from = 0; from < count; from += 100)
    await Promise.all(clients.slice(from, from + 100).map((client) => timed(latencies, () => client.ask())))
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (count * 1000) / took
}

/** One way to use the connections. */
interface Workload {
  readonly title: string
  readonly unit: string
  readonly aim: AimName
  /** Which tasks, and so which processes on the way. */
  readonly to: 'small' | 'large'
  /** How much is sent through, in the unit of `cpu`. */
  readonly work: number
  readonly workUnit: string
  /** Returns how much of the unit a second. */
  readonly measure: (port: number, latencies: number[]) => Promise<number>
}

interface Measured {
  /** Milliseconds of each request, of all rounds. */
  readonly latencies: number[]
  /** Of each round. */
  readonly perSecond: number[]
  /** Microseconds of processor time of the proxy for each unit of work, of each round. */
  readonly cpu: number[]
}

const micros = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} µs`

/** Takes turns, in rounds, so that a disturbance hits every route; the first round warms up. */
const compare = async (
  { title, unit, aim, to, work, workUnit, measure }: Workload,
  routes: readonly Route[],
  rounds: number,
): Promise<Finding> => {
  const all = routes.map((): Measured => ({ latencies: [], perSecond: [], cpu: [] }))
  for (let round = 0; round <= rounds; round++)
    for (const [i, route] of routes.entries()) {
      const latencies: number[] = []
      const pid = route.proxies?.[to].pid
      const before = processorTimeOf(pid)
      const perSecond = await measure(route[to], latencies)
      const cpu = (processorTimeOf(pid) - before) / work
      if (round === 0) continue
      all[i]?.cpu.push(cpu)
      all[i]?.latencies.push(...latencies)
      all[i]?.perSecond.push(perSecond)
    }
  heading(title)
  const [direct, ours, theirs] = all
  table(
    routes.map(({ name, proxies }, i) => {
      const { latencies, perSecond, cpu } = all[i] ?? { latencies: [], perSecond: [], cpu: [] }
      const quantiles = [0.5, 0.99].map((q) => {
        const [mine, base] = [quantile(latencies, q), quantile(direct?.latencies ?? [], q)]
        return `, p${q * 100} ${mine.toFixed(2)} ms (${mine < base ? '' : '+'}${(mine - base).toFixed(2)})`
      })
      const speed = `${spread(perSecond, (value) => String(Math.round(value)))} ${unit}, ${against(perSecond, direct?.perSecond ?? [])}`
      const each =
        proxies === undefined || Number.isNaN(medianOf(cpu))
          ? ''
          : `, ${spread(cpu, micros)} of processor time ${workUnit}`
      return [name, `${speed}${latencies.length === 0 ? '' : quantiles.join('')}${each}`]
    }),
  )
  if (ours === undefined || theirs === undefined) return skipped(aim, 'haproxy is not on the PATH')
  const times = ratios(ours.cpu, theirs.cpu)
  if (Number.isNaN(medianOf(times))) return skipped(aim, 'only Linux tells the processor time of others')
  table([['processor time, beside HAProxy', against(ours.cpu, theirs.cpu, 1.5)]])
  return measured(aim, times)
}

/**
 * The proxy beside a direct connection and HAProxy in TCP mode, all on this machine: client, proxy and tasks have a
 * process each, and share its cores.
 */
export const benchTcpProxy = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const children: ChildProcess[] = []
  const keep = <A extends { readonly child: ChildProcess }>(one: A): A => {
    children.push(one.child)
    return one
  }
  const load = effort.pick(full, few)
  const { kept, fresh, bulk, many } = load
  try {
    const task = async (size: number): Promise<number> =>
      keep(await forked('./tcp-proxy-task.ts', [size])).port
    const tasks = { small: await task(REQUEST_BYTES), large: await task(bulk.chunk) }
    const route = async (
      name: string,
      proxy: (port: number) => Promise<{ readonly port: number; readonly child: ChildProcess }>,
    ): Promise<Route> => {
      const [small, large] = [keep(await proxy(tasks.small)), keep(await proxy(tasks.large))]
      return {
        name,
        small: small.port,
        large: large.port,
        proxies: { small: small.child, large: large.child },
      }
    }
    const routes: Route[] = [
      { name: 'direct', ...tasks },
      await route('tcpProxy', (port) => forked('./tcp-proxy-worker.ts', [port])),
    ]
    const version = haproxyVersion()
    if (version === undefined) heading('haproxy is not on the PATH: compared with a direct connection only')
    else {
      routes.push(await route('HAProxy', (port) => haproxy([port])))
      heading(version)
    }
    const workloads: readonly Workload[] = [
      {
        title: `Requests of ${REQUEST_BYTES} bytes over ${kept.connections} connections that stay open`,
        unit: 'a second',
        aim: 'proxyKept',
        to: 'small',
        work: kept.requests,
        workUnit: 'each',
        measure: (port, latencies) => overKept(port, kept, latencies),
      },
      {
        title: `A new connection for each request, ${fresh.clients} at once`,
        unit: 'a second',
        aim: 'proxyNew',
        to: 'small',
        work: fresh.connections,
        workUnit: 'each',
        measure: (port, latencies) => overNew(port, fresh, latencies),
      },
      {
        title: `Bulk over ${bulk.connections} connections, there and back`,
        unit: 'MiB/s',
        aim: 'proxyBulk',
        to: 'large',
        work: (2 * bulk.connections * bulk.bytes) / 2 ** 20,
        workUnit: 'a MiB',
        measure: (port) => inBulk(port, bulk),
      },
      {
        title: `${many} connections open at once, opened and asked once each`,
        unit: 'a second',
        aim: 'proxyMany',
        to: 'small',
        work: many,
        workUnit: 'each',
        measure: (port, latencies) => overMany(port, many, latencies),
      },
    ]
    const findings: Finding[] = []
    for (const workload of workloads) findings.push(await compare(workload, routes, effort.rounds(ROUNDS)))
    return findings
  } finally {
    for (const child of children) child.kill()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchTcpProxy()
