import { systemClock, type Report, type Worker } from 'ecs-task-stream'
import type { Account } from './account.js'
import { type ClusterLife, type Tick, tickMs } from './cluster-life.js'
import { disagreements } from './contents.js'
import { Convergence } from './convergence.js'
import { resyncSeconds, trouble } from './demo-worker.js'
import type { Scene } from './screen.js'
import { emptyTable, type TableView } from './table-view.js'

/** Between two reads of the table, in milliseconds: it bounds how exactly it can be said when the table was right. */
const lookMs = 20

/** The table must be right by then: two snapshots, jitter included, and the time to take them. */
const patienceMs = 2.2 * resyncSeconds * 1_000 + 1_000

/** News and troubles that are kept, of each. */
const kept = 20

export interface Result {
  /** Messages that the worker left in the queue. */
  readonly unacknowledged: number
  readonly agreed: boolean
}

/** The life of a cluster, the worker that follows it, and what is measured of both. */
export class Trial {
  readonly #news: Scene['news'][number][] = []
  readonly #troubles: string[] = []
  readonly #ended = new AbortController()
  #view: TableView = emptyTable
  #convergence: Convergence | undefined
  #phase: Scene['phase'] = 'storm'
  #snapshots = 0
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
   * Waits until the table shows the cluster as it was found, at most for as long as a repair may take. Resolves to how
   * long it took, or undefined.
   */
  async begin(): Promise<number | undefined> {
    const begun = performance.now()
    while (performance.now() - begun < patienceMs) {
      await this.#look()
      if (this.#right) break
      await this.#pause(lookMs)
    }
    const now = performance.now()
    this.#startedAt = now
    this.#convergence = new Convergence(this.life.cluster.truth(), this.#view.contents)
    return this.#right ? now - begun : undefined
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
  async settle(): Promise<Result> {
    this.#phase = 'settling'
    while (this.life.underWay > 0) {
      this.#take(this.life.deliver())
      await this.#pause(tickMs)
    }
    await this.#sending
    const deadline = performance.now() + patienceMs
    for (;;) {
      // In this order: once nothing is left to acknowledge, the table that is read next is the last.
      const unacknowledged = await this.account.unacknowledged()
      await this.#look()
      const agreed = this.#right && unacknowledged === 0
      if (agreed || performance.now() > deadline) {
        this.#ended.abort()
        await this.#watching
        this.#phase = 'over'
        return { unacknowledged, agreed }
      }
      await this.#pause(lookMs)
    }
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
    }
  }

  get #elapsed(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt
  }

  get #right(): boolean {
    return disagreements(this.life.cluster.truth(), this.#view.contents).length === 0
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
    while (!this.#ended.signal.aborted) {
      await this.#look()
      await this.#pause(lookMs)
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

  #pause(ms: number): Promise<void> {
    return systemClock.sleep(ms, this.#ended.signal)
  }
}
