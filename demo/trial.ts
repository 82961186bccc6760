import { systemClock } from 'ecs-task-stream'
import type { Observable } from 'rxjs'
import type { Account } from './account.js'
import { type ClusterLife, type Tick, tickMs } from './cluster-life.js'
import { Convergence } from './convergence.js'
import { type CrewNews, type CrewView, isWhole } from './crew.js'
import { agreed } from './outcome.js'
import type { Scene } from './screen.js'
import { emptyTable, type TableView } from './table-view.js'

/** The time between two reads of the table, in milliseconds, which limits the precision of the measurements. */
const lookMs = 20

/** The number of news, and of troubles, that are kept. */
const kept = 20

/** Whether nothing is left to wait for. */
const isSettled = (scene: Scene): boolean =>
  agreed(scene) && (scene.crew === undefined || isWhole(scene.crew))

export interface TrialSetup extends Pick<Scene, 'seed' | 'total'> {
  /** The table must be correct after this time. */
  readonly patienceMs: number
  /** The workers, if there are several. */
  readonly crew?: () => CrewView
}

/** Runs the cluster, and measures how the table follows it. */
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
    news$: Observable<CrewNews>,
    private readonly setup: TrialSetup,
  ) {
    news$.subscribe((news) => this.#heed(news))
  }

  /**
   * Waits until all workers are there, and the table agrees with the initial cluster. Resolves to how long it took, or
   * `undefined` on timeout.
   */
  async begin(stop: AbortSignal): Promise<number | undefined> {
    const begun = performance.now()
    while (!isSettled(this.scene) && !stop.aborted && performance.now() - begun < this.setup.patienceMs) {
      await systemClock.sleep(lookMs, stop)
      await this.#look()
    }
    const now = performance.now()
    this.#startedAt = now
    this.#convergence = new Convergence(this.life.cluster.truth(), this.#view.contents)
    return agreed(this.scene) ? now - begun : undefined
  }

  /** Runs the cluster for that many ticks, or until `stop` aborts. Calls `onTick` after each. */
  async play(ticks: number, stop: AbortSignal, onTick: (tick: number) => void): Promise<void> {
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
      onTick(tick)
    }
  }

  /** Stops the cluster, delivers events in transit, and gives the worker `patience`. */
  async settle(patience = this.setup.patienceMs): Promise<void> {
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
      if (isSettled(this.scene) || performance.now() >= deadline) break
      await systemClock.sleep(lookMs, never)
    }
    this.#phase = 'over'
  }

  /** What the table holds, as it was last read. */
  get table(): Scene['table'] {
    return this.#view.contents
  }

  get scene(): Scene {
    const { cluster, counts } = this.life
    const { seed, total, crew } = this.setup
    return {
      seed,
      total,
      crew: crew?.(),
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

  #heed(news: CrewNews): void {
    switch (news._tag) {
      case 'Happened':
        this.#report(news.text)
        break
      case 'SnapshotTaken':
        this.#snapshots++
        break
      case 'Troubled':
        this.#report(`worker: ${news.text}`)
        this.#troubles.push(news.text)
        if (this.#troubles.length > kept) this.#troubles.shift()
        break
      case 'Written':
        break
    }
  }

  #report(text: string): void {
    this.#news.push({ at: this.#elapsed, text })
    if (this.#news.length > kept) this.#news.shift()
  }
}
