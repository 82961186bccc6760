import { setTimeout as delay } from 'node:timers/promises'
import type { Effort } from '../effort.js'
import { type Peer, peer } from '../peer.js'
import { megabytes, quantile } from '../spread.js'
import { heading, table } from '../stopwatch.js'
import type { AccountAnswer, AccountRequest } from './account-process.js'
import type { Held } from './awaited-writes.js'
import { readMetrics, type WorkerMetrics } from './metrics.js'
import { startWorker } from './worker.js'

export interface ScaleOptions {
  /** How long to measure. Default: 10, or 1 in a quick run. */
  readonly minutes: number | undefined
  /** Default: 100,000, or 1,000 in a quick run. */
  readonly tasks: number | undefined
}

const TASKS_A_SERVICE = 50
/** The part of the tasks that is replaced in an hour; in a quick run, as many as a minute shows. */
const CHURN = 0.05
const QUICK_CHURN = 1
const MINUTE = 60_000
/** The p99 is taken over such windows, as Kubernetes does for its objectives. */
const WINDOW_MS = 5 * MINUTE

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`
const number = (value: number): string => Math.round(value).toLocaleString('en')

const quantiles = (held: readonly Held[]): string => {
  const times = held.map(({ tookMs }) => tookMs)
  return `p50 ${seconds(quantile(times, 0.5))}, p99 ${seconds(quantile(times, 0.99))}, most ${seconds(quantile(times, 1))}, of ${number(times.length)}`
}

/** The windows that are whole; all of it if none is. */
const windowsOf = (held: readonly Held[], minutes: number): readonly (readonly Held[])[] => {
  const first = Math.min(...held.map(({ at }) => at))
  const count = Math.floor((minutes * MINUTE) / WINDOW_MS)
  return count === 0
    ? [held]
    : Array.from({ length: count }, (_, i) =>
        held.filter(({ at }) => Math.floor((at - first) / WINDOW_MS) === i),
      )
}

/** Resolves when the table holds every running task. */
const untilHeld = async (account: Peer<AccountRequest, AccountAnswer>, withinMs: number): Promise<void> => {
  for (const end = performance.now() + withinMs; ;) {
    const { unheld } = await account.ask({ _tag: 'Compare' })
    if (unheld === 0) return
    if (performance.now() > end) throw new Error(`the table lacks ${unheld} tasks`)
    await delay(2_000)
  }
}

/** Reads the metrics of a worker until the end, which resets the longest stall each time. */
const observe = async (url: string, ms: number): Promise<readonly WorkerMetrics[]> => {
  const seen = [await readMetrics(url)]
  for (const end = performance.now() + ms; performance.now() < end;) {
    await delay(Math.min(5_000, Math.max(0, end - performance.now())))
    seen.push(await readMetrics(url))
  }
  return seen
}

const sorted = (calls: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(calls)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * The real worker over the wire: a simulated account whose tasks are replaced one by one, in real time, with all its
 * servers in another process of this machine.
 */
export const benchScale =
  (options: ScaleOptions) =>
  async (effort: Effort): Promise<void> => {
    const minutes = options.minutes ?? effort.pick(10, 1)
    const tasks = options.tasks ?? effort.pick(100_000, 1_000)
    const churn = effort.pick(CHURN, QUICK_CHURN)
    const services = Math.max(1, Math.floor(tasks / TASKS_A_SERVICE))
    const account = peer<AccountRequest, AccountAnswer>(new URL('account-process.ts', import.meta.url), {
      heapMb: 8_192,
    })
    const opened = performance.now()
    const { environment } = await account.ask({ _tag: 'Open', tasks, services })
    console.log(
      `\nThe account has ${number(tasks)} tasks in ${number(services)} services after ${seconds(performance.now() - opened)}; the worker starts.`,
    )
    const started = performance.now()
    const worker = await startWorker(environment)
    try {
      const readyMs = await worker.ready(60 * MINUTE)
      await untilHeld(account, 60 * MINUTE)
      const heldMs = performance.now() - started
      const atReady = await readMetrics(worker.url)
      console.log(
        `The worker is ready after ${seconds(readyMs)}, and the table holds every task after ${seconds(heldMs)}; ${minutes} min of churn begin.`,
      )
      const start = await account.ask({ _tag: 'Begin', perHour: tasks * churn })
      const seen = await observe(worker.url, minutes * MINUTE)
      const end = await account.ask({ _tag: 'End' })

      if (end.held.length === 0) throw new Error(`the table has not changed: see ${worker.logFile}`)

      const [first, last] = [seen[0], seen.at(-1)]
      const stalls = seen.slice(1).map(({ stallMs }) => stallMs)
      const cpu = (last?.cpuSeconds ?? NaN) - (first?.cpuSeconds ?? NaN)
      const late = end.missingMs.filter((ms) => ms > 5_000)
      heading(
        `${number(tasks)} tasks in ${number(services)} services, ${churn * 100} % of them replaced an hour, through traefik-table over the wire: ${minutes} min`,
      )
      table([
        [
          'first synchronization',
          `the table holds all after ${seconds(heldMs)}, ready after ${seconds(readyMs)}; ${atReady.cpuSeconds.toFixed(1)} s of processor time, longest stall of the event loop ${number(atReady.stallMs)} ms`,
        ],
        [
          'its calls',
          sorted(start.calls)
            .map(([name, count]) => `${name} ${number(count)}`)
            .join(', '),
        ],
        ['', ''],
        ...windowsOf(end.held, minutes).map((held, i): readonly [string, string] => [
          `event to target, ${i + 1}${minutes * MINUTE < WINDOW_MS ? ', less than 5 min' : '. window of 5 min'}`,
          quantiles(held),
        ]),
        ['event to target, all', `${quantiles(end.held)}; ${late.length} not held after 5 s and more`],
        [
          'events',
          `${number(end.events)} of ${number(end.replaced)} replacements in ${number(end.seconds)} s`,
        ],
        [
          'processor of the worker',
          `${((cpu * 100) / end.seconds).toFixed(1)} % of a core; of the account's process ${(end.cpuMs / 10 / end.seconds).toFixed(1)} %`,
        ],
        [
          'memory of the worker',
          `${megabytes(Math.max(...seen.map(({ residentBytes }) => residentBytes)))} resident at most, ${megabytes(last?.heapBytes ?? NaN)} of heap used at the end`,
        ],
        [
          'longest stall of its event loop',
          `${number(Math.max(...stalls))} ms; the median of ${stalls.length} readings, of 5 s each, ${number(quantile(stalls, 0.5))} ms`,
        ],
        ['', ''],
        ['calls an hour', ''],
        ...sorted(end.calls).map(([name, count]): readonly [string, string] => [
          `  ${name}`,
          number((count * 3_600) / end.seconds),
        ]),
      ])
    } finally {
      await worker.stop()
      await account.close()
    }
  }
