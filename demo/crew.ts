import { type Observable, Subject } from 'rxjs'
import { prng } from '../sim/prng.js'
import type { ForkedWorker, ProcessNews } from './forked-worker.js'
import type { WorkerNews } from './worker-news.js'

/** In ticks of the cluster: 2 s until the first kill, 4 s from one to the next, 1 s until the replacement starts. */
const schedule = { first: 50, every: 100, replacement: 25 } as const

/** One of the places of the crew. The worker in it changes. */
export interface Member {
  readonly name: string
  readonly phase: 'starting' | 'alive' | 'killed'
}

/** The workers at one moment. */
export interface CrewView {
  readonly members: readonly Member[]
  /** The member that wrote last. */
  readonly lastWriter: string | undefined
  readonly kills: number
  /** The number of killed workers whose replacement is alive, or was. */
  readonly replacements: number
}

/** Whether nobody is missing. */
export const isWhole = ({ members }: CrewView): boolean => members.every(({ phase }) => phase === 'alive')

/** News of a worker, or about the crew. */
export type CrewNews = WorkerNews | { readonly _tag: 'Happened'; readonly text: string }

interface Place extends Member {
  phase: Member['phase']
  worker: ForkedWorker
  /** The tick of the kill. */
  killedAt: number
  isReplacement: boolean
}

export interface CrewOptions {
  readonly size: number
  /** Determines which workers are killed. */
  readonly seed: number
  readonly start: () => ForkedWorker
}

/** Workers of which one is killed now and then, and replaced. At least one is always alive. */
export class Crew {
  readonly #news = new Subject<CrewNews>()
  readonly news$: Observable<CrewNews> = this.#news.asObservable()
  readonly #places: Place[]
  readonly #random
  #ticks = 0
  #lastWriter: string | undefined
  #kills = 0
  #replacements = 0

  constructor(private readonly options: CrewOptions) {
    this.#random = prng(options.seed)
    this.#places = Array.from({ length: options.size }, (_, i) => {
      const name = String.fromCharCode('A'.charCodeAt(0) + i)
      const worker = options.start()
      const place: Place = { name, phase: 'starting', worker, killedAt: 0, isReplacement: false }
      this.#follow(place, worker)
      return place
    })
  }

  get view(): CrewView {
    return {
      members: this.#places.map(({ name, phase }) => ({ name, phase })),
      lastWriter: this.#lastWriter,
      kills: this.#kills,
      replacements: this.#replacements,
    }
  }

  /** Called with each tick of the cluster. */
  tick(): void {
    this.#ticks++
    for (const place of this.#places)
      if (place.phase === 'killed' && this.#ticks - place.killedAt >= schedule.replacement)
        this.#replace(place)
    if (this.#ticks % schedule.every !== schedule.first % schedule.every) return
    const alive = this.#places.filter(({ phase }) => phase === 'alive')
    if (alive.length > 1) this.#kill(this.#random.pick(alive))
  }

  /** Replaces everyone that is missing, at once. */
  complete(): void {
    for (const place of this.#places) if (place.phase === 'killed') this.#replace(place)
  }

  /** Kills all of them. */
  end(): void {
    for (const place of this.#places) if (place.phase !== 'killed') this.#kill(place)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#places.map(({ worker }) => worker.stop()))
  }

  #kill(place: Place): void {
    place.worker.kill()
    place.phase = 'killed'
    place.killedAt = this.#ticks
    this.#kills++
    this.#tell(`worker ${place.name} was killed (SIGKILL)`)
  }

  #replace(place: Place): void {
    place.phase = 'starting'
    place.isReplacement = true
    place.worker = this.options.start()
    this.#follow(place, place.worker)
    this.#tell(`worker ${place.name} is being replaced`)
  }

  #follow(place: Place, worker: ForkedWorker): void {
    worker.news$.subscribe((news) => {
      // What a killed worker had sent may still arrive.
      if (place.worker === worker && place.phase !== 'killed') this.#heed(place, news)
    })
  }

  #heed(place: Place, news: ProcessNews): void {
    switch (news._tag) {
      case 'Ready':
        place.phase = 'alive'
        if (!place.isReplacement) break
        this.#replacements++
        this.#tell(`worker ${place.name} is back`)
        break
      case 'Written':
        this.#lastWriter = place.name
        this.#news.next(news)
        break
      case 'Troubled':
        this.#news.next({ ...news, text: `${place.name}: ${news.text}` })
        break
      case 'SnapshotTaken':
        this.#news.next(news)
        break
    }
  }

  #tell(text: string): void {
    this.#news.next({ _tag: 'Happened', text })
  }
}
