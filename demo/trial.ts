import { systemClock, type Report, type Worker } from 'ecs-task-stream'
import type { Account } from './account.js'
import { type ClusterLife, type Tick, tickMs } from './cluster-life.js'
import { Convergence } from './convergence.js'
import { resyncSeconds, trouble } from './demo-worker.js'
import { agreed } from './outcome.js'
import type { Scene } from './screen.js'
import { emptyTable, type TableView } from './table-view.js'

/** Between two reads of the table, in milliseconds: it bounds how exactly it can be said when the table was right. */
const lookMs = 20

/** The table must be right by then: two snapshots, jitter included, and the time to take them. */
const patienceMs = 2.2 * resyncSeconds * 1_000 + 1_000

/** News and troubles that are kept, of each. */
const kept = 20

/** The life of a cluster, the worker that follows it, and what is measured of both. */
export class Trial {
  readonly #news: Scene['news'][number][] = []
  readonly #troubles: string[] = []
  /** Ends the continual reading of the table. */
  readonly #watched = new AbortController()
  #view: TableView = emptyTable
  #convergence: Convergence | undefined
  #phase: Scene['phase'] = 'storm'
  #snapshots = 0
  #unacknowledged = 0
  #startedAt: number | undefined
  #watching: Promise<void> = Promise.resolve()
  /** What is sent arrives in order: each batch waits for the one before. */
  #sending: Promise<void> = Promise.resolve()

  constructor(
    private readonly life: ClusterLife,
    private readonly account: Account,
    worker: Worker,
    private readonly setup: Pick<Scene, 'seed' | 'total'>,
  ) {
    worker.reports$.subscribe((report) => this.#heed(report))
  }

  /**
   * Waits until the table shows the cluster as it was found, at most for as long as a repair may take. Resolves to
   * how long it took, or undefined.
   */
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

  /** Lets things happen for that many ticks, or until `stop` aborts. `midway` is called after half of them. */
  async play(ticks: number, stop: AbortSignal, midway: () => void): Promise<void> {
    this.#watching = this.#watch()
    let origin = performance.now()
    for (let tick = 0; tick < ticks && !stop.aborted; tick++) {
      const due = origin + tick * tickMs
      const behind = performance.now() - due
      // After the machine slept, or the process was suspended, what was missed is not made up for in one go.
      if (behind > 1_000) origin += behind
      if (behind < 0) await systemClock.sleep(-behind, stop)
      this.#phase = this.life.calm ? 'calm' : 'storm'
      this.#take(this.life.tick())
      if (tick === Math.floor(ticks / 2)) midway()
    }
  }

  /** Nothing happens any more: what is under way arrives, and the worker gets the time of two snapshots. */
  async settle(): Promise<void> {
    this.#phase = 'settling'
    const never = new AbortController().signal
    while (this.life.underWay > 0) {
      this.#take(this.life.deliver())
      await systemClock.sleep(tickMs, never)
    }
    await this.#sending
    // From now on it is read here alone: of two reads at once, the older could have the last word.
    this.#watched.abort()
    await this.#watching
    const deadline = performance.now() + patienceMs
    for (;;) {
      // In this order: once nothing is left to acknowledge, what the table says then it says for good.
      this.#unacknowledged = await this.account.unacknowledged()
      await this.#look()
      if (agreed(this.scene) || performance.now() > deadline) break
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
    for (const text of news) this.#tell(text)
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
    this.#tell(`worker: ${text}`)
    this.#troubles.push(text)
    if (this.#troubles.length > kept) this.#troubles.shift()
  }

  #tell(text: string): void {
    this.#news.push({ at: this.#elapsed, text })
    if (this.#news.length > kept) this.#news.shift()
  }
}
