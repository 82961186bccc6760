import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Crew, type CrewNews, isWhole } from '../../demo/crew.js'
import type { ForkedWorker, ProcessNews } from '../../demo/forked-worker.js'

class FakeWorker implements ForkedWorker {
  readonly news$ = new Subject<ProcessNews>()
  end: 'none' | 'killed' | 'stopped' = 'none'

  kill(): void {
    this.end = 'killed'
  }

  stop(): Promise<void> {
    this.end = 'stopped'
    return Promise.resolve()
  }
}

const crewOf = (size: number, seed = 1) => {
  const workers: FakeWorker[] = []
  const news: CrewNews[] = []
  const crew = new Crew({
    size,
    seed,
    start: () => {
      const worker = new FakeWorker()
      workers.push(worker)
      return worker
    },
  })
  crew.news$.subscribe((one) => news.push(one))
  const ready = (): void => {
    for (const { news$, end } of workers) if (end === 'none') news$.next({ _tag: 'Ready' })
  }
  const tick = (count: number): void => {
    for (let i = 0; i < count; i++) crew.tick()
  }
  return { crew, workers, news, ready, tick }
}

const phases = ({ view }: Crew) => view.members.map(({ phase }) => phase)

describe('the crew', () => {
  it('starts all workers, which are alive once their table is correct', () => {
    const { crew, workers, ready } = crewOf(3)
    expect(workers).toHaveLength(3)
    expect(phases(crew)).toEqual(['starting', 'starting', 'starting'])
    ready()
    expect(phases(crew)).toEqual(['alive', 'alive', 'alive'])
    expect(crew.view).toMatchObject({ kills: 0, replacements: 0 })
  })

  it('kills one now and then, and replaces it a moment later', () => {
    const { crew, workers, ready, tick } = crewOf(3)
    ready()
    tick(50)
    expect(workers.map(({ end }) => end).sort()).toEqual(['killed', 'none', 'none'])
    expect(crew.view.kills).toBe(1)
    tick(25)
    expect(workers).toHaveLength(4)
    expect(phases(crew)).toContain('starting')
    expect(crew.view.replacements).toBe(0)
    ready()
    expect(phases(crew)).toEqual(['alive', 'alive', 'alive'])
    expect(crew.view.replacements).toBe(1)
    tick(75)
    expect(crew.view.kills).toBe(2)
  })

  it('never kills the last one that is alive', () => {
    const { crew, workers, tick } = crewOf(2)
    workers[0]!.news$.next({ _tag: 'Ready' })
    tick(1_000)
    expect(crew.view.kills).toBe(0)
  })

  it('kills the same workers again for the same seed', () => {
    const killed = (seed: number) => {
      const { workers, ready, tick } = crewOf(6, seed)
      for (let i = 0; i < 40; i++) {
        ready()
        tick(25)
      }
      return workers.map(({ end }) => end)
    }
    expect(killed(3)).toEqual(killed(3))
    expect(killed(3)).not.toEqual(killed(4))
  })

  it('knows who wrote last, and does not listen to the dead', () => {
    const { crew, workers, news, ready } = crewOf(2)
    ready()
    workers[1]!.news$.next({ _tag: 'Written' })
    expect(crew.view.lastWriter).toBe('B')
    workers[0]!.news$.next({ _tag: 'Troubled', text: 'the queue is gone' })
    expect(news).toContainEqual({ _tag: 'Troubled', text: 'A: the queue is gone' })
    crew.end()
    const before = news.length
    workers[0]!.news$.next({ _tag: 'Written' })
    expect(crew.view.lastWriter).toBe('B')
    expect(news).toHaveLength(before)
  })

  it('is whole again at once when it is completed, and stops everyone', async () => {
    const { crew, workers, ready, tick } = crewOf(3)
    ready()
    tick(50)
    crew.complete()
    expect(isWhole(crew.view)).toBe(false)
    ready()
    expect(isWhole(crew.view)).toBe(true)
    await crew.stop()
    expect(workers.map(({ end }) => end).sort()).toEqual(['killed', 'stopped', 'stopped', 'stopped'])
  })
})
