import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { haproxy, haproxyVersion } from './haproxy.js'
import { heading, ratio, table } from './stopwatch.js'
import { TcpClient } from './tcp-client.js'

const REQUEST_BYTES = 512
const ROUNDS = 5
const KEPT = { connections: 32, requests: 4_000 }
const NEW = { clients: 16, connections: 1_000 }
const BULK = { connections: 4, bytes: 32 * 2 ** 20, chunk: 2 ** 20 }
const MANY = 4_000

/** A way to the tasks. */
interface Route {
  readonly name: string
  /** To tasks that answer small requests, and to those that answer large ones. */
  readonly small: number
  readonly large: number
  /** The process on the way to `small`. */
  readonly proxy?: ChildProcess
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const forked = async (name: string, args: readonly (string | number)[]) => {
  const child = fork(script(name), args.map(String))
  const [port] = (await once(child, 'message')) as [number]
  return { port, child }
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.floor(q * (sorted.length - 1))] ?? NaN

/**
 * Microseconds of CPU time that a process has used, in steps of 10 ms: the figures that other load disturbs least. Only
 * Linux reports them for other processes.
 */
const cpuOf = ({ pid }: ChildProcess): number => {
  try {
    const fields =
      readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return NaN
  }
}

interface Measured {
  /** Milliseconds of each request. */
  readonly latencies: number[]
  /** The best round's. */
  perSecond: number
  /** Of the proxy, in all rounds. */
  cpu: number
}

const timed = async (latencies: number[], work: () => Promise<void>): Promise<void> => {
  const start = performance.now()
  await work()
  latencies.push(performance.now() - start)
}

/** Requests over connections that stay open, each after the answer to the one before. */
const overKept = async (port: number, latencies: number[]): Promise<number> => {
  const clients = await Promise.all(
    Array.from({ length: KEPT.connections }, () => TcpClient.open(port, REQUEST_BYTES)),
  )
  const start = performance.now()
  let left = KEPT.requests
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) await timed(latencies, () => client.ask())
    }),
  )
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (KEPT.requests * 1000) / took
}

/** A connection for each request: from connect to answer. */
const overNew = async (port: number, latencies: number[]): Promise<number> => {
  const start = performance.now()
  let left = NEW.connections
  await Promise.all(
    Array.from({ length: NEW.clients }, async () => {
      while (left-- > 0)
        await timed(latencies, async () => {
          const client = await TcpClient.open(port, REQUEST_BYTES)
          await client.ask()
          client.close()
        })
    }),
  )
  return (NEW.connections * 1000) / (performance.now() - start)
}

/** Megabytes a second there and back again. */
const inBulk = async (port: number): Promise<number> => {
  const clients = await Promise.all(
    Array.from({ length: BULK.connections }, () => TcpClient.open(port, BULK.chunk)),
  )
  const start = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      for (let sent = 0; sent < BULK.bytes; sent += BULK.chunk) await client.ask()
    }),
  )
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (2 * BULK.connections * BULK.bytes) / 2 ** 20 / (took / 1000)
}

/** Opens very many connections, and asks once over each while all are open. */
const overMany = async (port: number, latencies: number[]): Promise<number> => {
  const start = performance.now()
  const clients: TcpClient[] = []
  while (clients.length < MANY)
    clients.push(
      ...(await Promise.all(Array.from({ length: 100 }, () => TcpClient.open(port, REQUEST_BYTES)))),
    )
  for (let from = 0; from < MANY; from += 100)
    await Promise.all(clients.slice(from, from + 100).map((client) => timed(latencies, () => client.ask())))
  const took = performance.now() - start
  for (const client of clients) client.close()
  return (MANY * 1000) / took
}

/** Takes turns, in rounds, so that a disturbance hits every route; the first round warms up. */
const compare = async (
  title: string,
  unit: string,
  routes: readonly Route[],
  measure: (route: Route, latencies: number[]) => Promise<number>,
  rounds = ROUNDS,
): Promise<void> => {
  const measured = routes.map((): Measured => ({ latencies: [], perSecond: 0, cpu: 0 }))
  for (let round = 0; round <= rounds; round++)
    for (const [i, route] of routes.entries()) {
      const latencies: number[] = []
      const before = route.proxy === undefined ? NaN : cpuOf(route.proxy)
      const perSecond = await measure(route, latencies)
      const to = measured[i]!
      if (round === 0) continue
      to.cpu += route.proxy === undefined ? NaN : cpuOf(route.proxy) - before
      to.latencies.push(...latencies)
      to.perSecond = Math.max(to.perSecond, perSecond)
    }
  heading(title)
  const direct = measured[0]!.latencies.sort((a, b) => a - b)
  table(
    routes.map(({ name }, i) => {
      const { latencies, perSecond, cpu } = measured[i]!
      latencies.sort((a, b) => a - b)
      const quantiles = [0.5, 0.99].map((q) => {
        const [mine, base] = [quantile(latencies, q), quantile(direct, q)]
        return `p${q * 100} ${mine.toFixed(2)} ms (${mine < base ? '' : '+'}${(mine - base).toFixed(2)})`
      })
      const speed = `${Math.round(perSecond)} ${unit}, ${ratio(perSecond / measured[0]!.perSecond)}`
      const each = Number.isNaN(cpu) ? '' : `, ${Math.round(cpu / latencies.length)} µs of CPU time each`
      return [name, latencies.length === 0 ? speed : `${speed}, ${quantiles.join(', ')}${each}`]
    }),
  )
}

/**
 * The proxy beside a direct connection and HAProxy in TCP mode, all on this machine: client, proxy and tasks have a
 * process each, and share its cores.
 */
export const benchTcpProxy = async (): Promise<void> => {
  const children: ChildProcess[] = []
  const keep = <A extends { readonly child: ChildProcess }>(one: A): A => {
    children.push(one.child)
    return one
  }
  try {
    const [small, large] = [REQUEST_BYTES, BULK.chunk].map((size) => forked('./tcp-proxy-task.ts', [size]))
    const tasks = { small: keep(await small!).port, large: keep(await large!).port }
    const proxies = {
      small: keep(await forked('./tcp-proxy-worker.ts', [tasks.small])),
      large: keep(await forked('./tcp-proxy-worker.ts', [tasks.large])),
    }
    const version = haproxyVersion()
    const routes: Route[] = [
      { name: 'direct', ...tasks },
      {
        name: 'tcpProxy',
        small: proxies.small.port,
        large: proxies.large.port,
        proxy: proxies.small.child,
      },
    ]
    if (version === undefined) heading('haproxy is not on the PATH: compared with a direct connection only')
    else {
      const [one, other] = [keep(await haproxy([tasks.small])), keep(await haproxy([tasks.large]))]
      routes.push({ name: 'HAProxy', small: one.port, large: other.port, proxy: one.child })
      heading(version)
    }
    await compare(
      `Requests of ${REQUEST_BYTES} bytes over ${KEPT.connections} connections that stay open`,
      'a second',
      routes,
      ({ small }, latencies) => overKept(small, latencies),
    )
    await compare(
      `A new connection for each request, ${NEW.clients} at once`,
      'a second',
      routes,
      ({ small }, latencies) => overNew(small, latencies),
    )
    await compare(
      `Bulk over ${BULK.connections} connections, there and back`,
      'MiB/s',
      routes,
      ({ large }) => inBulk(large),
      3,
    )
    await compare(
      `${MANY} connections open at once, opened and asked once each`,
      'a second',
      routes,
      ({ small }, latencies) => overMany(small, latencies),
      2,
    )
  } finally {
    for (const child of children) child.kill()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await benchTcpProxy()
