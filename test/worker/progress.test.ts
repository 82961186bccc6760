import fc from 'fast-check'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/core/report.js'
import { Progress } from '../../src/worker/observability/progress.js'
import { logProgress } from '../../src/worker/observability/progress-log.js'
import { ProgressLine } from '../../src/worker/terminal/progress-line.js'
import { runs } from '../laws/runs.js'

const what = 'tasks of production described'

describe('the progress', () => {
  it('says what is done, what remains, and how long it takes at the pace until now', () => {
    const progress = new Progress(60_000)
    expect(progress.take({ what, done: 0, of: 100_000 }, 0)).toBeUndefined()
    expect(progress.take({ what, done: 12_300, of: 100_000 }, 59_999)).toBeUndefined()
    expect(progress.take({ what, done: 20_000, of: 100_000 }, 60_000)).toBe(
      '20,000 of 100,000 tasks of production described (20 %), about 4 min left',
    )
  })

  it('says how much there is so far, where the end is not known', () => {
    const progress = new Progress(1_000)
    progress.take({ what, done: 1_100, of: undefined }, 0)
    expect(progress.take({ what, done: 2_000, of: undefined }, 2_000)).toBe(
      '2,000 tasks of production described so far, for 2 s',
    )
  })

  it('promises no time while nothing goes on', () => {
    const progress = new Progress(1_000)
    progress.take({ what, done: 50, of: 100 }, 0)
    expect(progress.take({ what, done: 50, of: 100 }, 9_000)).toBe(
      '50 of 100 tasks of production described (50 %)',
    )
  })

  it('begins anew when the same work does', () => {
    const progress = new Progress(1_000)
    progress.take({ what, done: 90, of: 100 }, 0)
    expect(progress.take({ what, done: 0, of: 100 }, 5_000)).toBeUndefined()
    expect(progress.take({ what, done: 50, of: 100 }, 10_000)).toContain('about 5 s left')
  })

  it('never says more than one thing in its interval, whatever comes how fast, and nothing of what is done', () => {
    const steps = fc.array(fc.tuple(fc.nat(5_000), fc.nat(100)), { maxLength: 50 })
    fc.assert(
      fc.property(steps, (each) => {
        const progress = new Progress(10_000)
        let now = 0
        const said = each.flatMap(([wait, done]) => {
          now += wait
          const text = progress.take({ what, done, of: 100 }, now)
          if (done === 100) expect(text).toBeUndefined()
          return text === undefined ? [] : [now]
        })
        said.forEach((at, i) => expect(at - (said[i - 1] ?? -10_000)).toBeGreaterThanOrEqual(10_000))
      }),
      { numRuns: runs },
    )
  })
})

describe('the progress line', () => {
  const shown = (isInteractive: boolean, everyMs: number) => {
    let now = 0
    let err = ''
    const line = new ProgressLine({ err: (text) => void (err += text), isInteractive }, { now: () => now })
    for (let done = 0; done <= 4; done++) {
      line.show({ what: 'MB of recordings read', done, of: 4 })
      now += everyMs
    }
    line.clear()
    line.clear()
    return err
  }

  it('is written over each second on a terminal, and taken away in the end', () => {
    expect(shown(true, 1_000)).toBe(
      [
        '',
        '1 of 4 MB of recordings read (25 %), about 3 s left',
        '2 of 4 MB of recordings read (50 %), about 2 s left',
        '3 of 4 MB of recordings read (75 %), about 1 s left',
        '',
      ].join('\r\x1b[K'),
    )
  })

  it('is a line each minute elsewhere, and says nothing of what is quick', () => {
    expect(shown(false, 60_000)).toBe(
      '1 of 4 MB of recordings read (25 %), about 3 min left\n2 of 4 MB of recordings read (50 %), about 2 min left\n3 of 4 MB of recordings read (75 %), about 60 s left\n',
    )
    expect(shown(false, 1_000)).toBe('')
    expect(shown(true, 100)).toBe('')
  })
})

describe('the log of a worker', () => {
  it('says once a minute how far long work is', () => {
    const reports$ = new Subject<Report>()
    const said: unknown[] = []
    let now = 0
    logProgress(reports$, { info: (...line: unknown[]) => void said.push(line) }, { now: () => now })
    for (let done = 0; done < 1_000; done += 5, now += 1_000)
      reports$.next({
        _tag: 'Noticed',
        source: 'ecs-snapshots',
        notice: { _tag: 'Progressed', what, done, of: 1_000 },
      })
    expect(said).toEqual([
      [{ what: '300 of 1,000 tasks of production described (30 %), about 2 min left' }, 'progress'],
      [{ what: '600 of 1,000 tasks of production described (60 %), about 80 s left' }, 'progress'],
      [{ what: '900 of 1,000 tasks of production described (90 %), about 20 s left' }, 'progress'],
    ])
  })
})
