import { expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { LatestDesired } from '../../src/core/latest-desired.js'
import { projector } from '../../src/core/project.js'
import { servicePorts } from '../../src/policies/service-ports.js'

const desired = projector({ expose: servicePorts(), covers: [] })(emptyState, 0)

it('computes one state at a time, and another one for who asks after something was folded', async () => {
  let state = emptyState
  let revision = 0
  let working = 0
  const most: number[] = []
  const latest = new LatestDesired({
    *project(_, at) {
      most.push(++working)
      yield
      yield
      working--
      return { ...desired, revision: at }
    },
    state: () => state,
    revision: () => revision,
    clock: { sleep: () => Promise.resolve() },
    signal: new AbortController().signal,
    report: () => undefined,
  })
  const before = latest.get()
  state = { ...emptyState }
  revision = 1
  const [one, other] = [latest.get(), latest.get()]
  expect((await before).revision).toBe(0)
  expect((await one).revision).toBe(1)
  // Who asks for the same gets the same.
  expect(await other).toBe(await one)
  expect(most).toEqual([1, 1])
})
