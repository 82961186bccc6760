import { systemClock, type Report, type Worker } from 'ecs-task-stream'
import type { Account } from './account.js'
import { type ClusterLife, type Tick, tickMs } from './cluster-life.js'
import { Convergence } from './convergence.js'
import { resyncSeconds, trouble } from './demo-worker.js'
import { agreed } from './outcome.js'
import type { Scene } from './screen.js'
import { emptyTable, type TableView } from './table-view.js'

/** The time between two reads of the table, in milliseconds, which limits the precision of the measurements. */
const lookMs = 20

/** The table must be correct after this time: two snapshots including jitter, and the time to take them. */
const patienceMs = 2.2 * resyncSeconds * 1_000 + 1_000

/** The number of news, and of troubles, that are kept. */
const kept = 20

/** Runs the cluster and the worker that follows it, and measures both. */
export class Trial {
  readonly #news: Scene['news'][number][] = []
  readonly #troubles: string[] = []
  /** Ends the continuous reading of the table. */
  readonly #watched = new AbortController()
  #view: TableView = emptyTable
  #convergence: Convergence | undefined
  #phase: Scene['phase'] = 'storm'
  #snapshots = 0
  #unacknowledged = 0
  #startedAt: number | undefined
  #watching: Promise<void> = Promise.resolve()
  /** Batches are sent in order: each waits for the previous one. */
  #sending: Promise<void> = Promise.resolve()

  constructor(
    private readonly life: ClusterLife,
    private readonly account: Account,
    worker: Worker,
    private readonly setup: Pick<Scene, 'seed' | 'total'>,
  ) {
    worker.reports$.subscribe((report) => this.#heed(report))
  }

  /** Waits until the table agrees with the initial cluster. Resolves to how long it took, or `undefined` on timeout. */
  async begin(stop: AbortSignal): Promise<number | undefined> {
    const begun = performance.now()
    while (!agreed(this.scene) && !stop.aborted && performance.now() - begun < patienceMs) {
      await systemClock.sleep(lookMs, stop)
      await this.#look()
    }
    const now = performance.now()
    this.#startedAt = now
    this.#convergence = new Convergence(this.life.cluster.truth(), this.#view.contents)
    return agreed(this.scene) ? now - begun : undefined
  }

  /** Runs the cluster for that many ticks, or until `stop` aborts. Calls `midway` after half of them. */
  async play(ticks: number, stop: AbortSignal, midway: () => void): Promise<void> {
    this.#watching = this.#watch()
    let origin = performance.now()
    for (let tick = 0; tick < ticks && !stop.aborted; tick++) {
      const due = origin + tick * tickMs
      const behind = performance.now() - due
      // After the machine slept or the process was suspended, missed ticks are not made up for at once.
      if (behind > 1_000) origin += behind
      if (behind < 0) await systemClock.sleep(-behind, stop)
      this.#phase = this.life.calm ? 'calm' : 'storm'
      this.#take(this.life.tick())
      if (tick === Math.floor(ticks / 2)) midway()
    }
  }

  /** Stops the cluster, delivers events in transit, and gives the worker `patience`: the time of two snapshots. */
  async settle(patience = patienceMs): Promise<void> {
    this.#phase = 'settling'
    const never = new AbortController().signal
    while (this.life.underWay > 0) {
      this.#take(this.life.deliver())
      await systemClock.sleep(tickMs, never)
    }
    await this.#sending
    // From now on, only this loop reads the table: of two concurrent reads, the older result could be applied last.
    this.#watched.abort()
    await this.#watching
    const deadline = performance.now() + patience
    for (;;) {
      // In this order: once everything is acknowledged, the table no longer changes.
      this.#unacknowledged = await this.account.unacknowledged()
      await this.#look()
      if (agreed(this.scene) || performance.now() >= deadline) break
      await systemClock.sleep(lookMs, never)
    }
    this.#phase = 'over'
  }

  get scene(): Scene {
    const { cluster, counts } = this.life
    return {
      ...this.setup,
      elapsed: this.#elapsed,
      phase: this.#phase,
      services: cluster.services().map(({ name, spec }) => ({ name, placement: spec.placement })),
      truth: cluster.truth(),
      table: this.#view.contents,
      versions: this.#view.versions,
      events: counts,
      figures: (this.#convergence ?? new Convergence(new Map(), new Map())).figures,
      snapshots: this.#snapshots,
      news: this.#news,
      troubles: this.#troubles,
      unacknowledged: this.#unacknowledged,
    }
  }

  get #elapsed(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt
  }

  #take({ changes, arrived, news }: Tick): void {
    const now = performance.now()
    for (const change of changes) this.#convergence?.truthChanged(change, now)
    for (const text of news) this.#report(text)
    if (arrived.length === 0) return
    this.#sending = this.#sending.then(async () => {
      await this.account.send(arrived.map(({ body }) => body))
      this.#convergence?.queued(arrived, performance.now())
    })
  }

  async #watch(): Promise<void> {
    const { signal } = this.#watched
    while (!signal.aborted) {
      await this.#look()
      await systemClock.sleep(lookMs, signal)
    }
  }

  async #look(): Promise<void> {
    this.#view = await this.account.readTable()
    this.#convergence?.tableRead(this.#view.contents, performance.now())
  }

  #heed(report: Report): void {
    if (report._tag === 'Folded' && report.source === 'ecs-snapshots') this.#snapshots++
    const text = trouble(report)
    if (text === undefined) return
    this.#report(`worker: ${text}`)
    this.#troubles.push(text)
    if (this.#troubles.length > kept) this.#troubles.shift()
  }

  #report(text: string): void {
    this.#news.push({ at: this.#elapsed, text })
    if (this.#news.length > kept) this.#news.shift()
  }
}
