import { describe, expect, it } from 'vitest'
import { singleFlight } from '../../src/shared/async/single-flight.js'

/** Work that ends when it is told to. */
const work = () => {
  const runs: { readonly end: (value: number) => void; readonly fail: (error: Error) => void }[] = []
  const ask = singleFlight(
    () => new Promise<number>((resolve, reject) => runs.push({ end: resolve, fail: reject })),
  )
  const begun = async (n: number) => {
    await expect.poll(() => runs.length).toBe(n)
    return runs[n - 1]!
  }
  return { ask, runs, begun }
}

describe('singleFlight', () => {
  it('share one run that begins after they asked, and never two run at a time', async () => {
    const { ask, runs, begun } = work()
    const first = ask()
    const run = await begun(1)
    const late = [ask(), ask(), ask()]
    run.end(1)
    expect(await first).toBe(1)
    const next = await begun(2)
    const later = ask()
    expect(runs).toHaveLength(2)
    next.end(2)
    expect(await Promise.all(late)).toEqual([2, 2, 2])
    ;(await begun(3)).end(3)
    expect(await later).toBe(3)
  })

  it('are not blocked by a run that fails', async () => {
    const { ask, begun } = work()
    const first = ask()
    const run = await begun(1)
    const late = ask()
    run.fail(new Error('no'))
    await expect(first).rejects.toThrow('no')
    ;(await begun(2)).end(2)
    expect(await late).toBe(2)
  })
})
