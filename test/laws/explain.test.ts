import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { explain } from '../../src/core/explain/explain.js'
import type { TaskExplanation } from '../../src/core/explain/task-explanation.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { type Explainer, explainedWorlds, okIfRouted, orderIsKept, withState } from './explain-law.js'
import { holds, holdsInHistories, refutation } from './holds.js'
import { runsForRareCases } from './runs.js'

const ours: Explainer = (world, { arn }) => {
  const found = explain(world, arn).subjects.find((subject) => subject._tag === 'Task')
  if (found === undefined) throw new Error(`${arn} was not found`)
  return found
}

describe('an explanation', () => {
  it('has no break exactly if every endpoint of a live task is desired, and in the target', () => {
    holds(okIfRouted(ours), runsForRareCases)
  })

  it('says of nothing that it is so where what it needs is not', () => {
    holdsInHistories(orderIsKept(ours))
  })

  it('names a break for every unresolved task that is not routed anyway', () => {
    holdsInHistories(
      fc.property(explainedWorlds, (world) => {
        for (const [arn, { why }] of world.desired.unresolved) {
          const task = world.state.tasks.get(arn)
          ok(task !== undefined, arn)
          // One that its deployment holds back may get requests as the last of its backend.
          ok(why === 'held' || ours(world, task).firstBreak !== undefined, arn)
        }
      }),
    )
  })

  it('says what keeps a backend incomplete exactly if something does', () => {
    holdsInHistories(
      fc.property(explainedWorlds, (world) => {
        for (const { name, complete, endpoints } of world.desired.backends.values()) {
          const found = explain(world, name).subjects.find(({ _tag }) => _tag === 'Backend')
          ok(found?._tag === 'Backend')
          deepStrictEqual(
            [found.complete, found.incompleteBecause.length === 0, found.endpoints.first.length],
            [complete, complete, Math.min(20, endpoints.length)],
            name,
          )
        }
      }),
    )
  })
})

const isRefuted = (law: fc.IProperty<unknown>): void => {
  expect(fc.check(law, refutation).failed).toBe(true)
}

const withoutBreak = (explanation: TaskExplanation, link: string): TaskExplanation => ({
  ...explanation,
  links: explanation.links.map((each) => (each.link === link ? { ...each, state: 'ok' } : each)),
  ports: explanation.ports.map((port) => ({
    ...port,
    links: port.links.map((each) => (each.link === link ? { ...each, state: 'ok' } : each)),
    targets: port.targets.map((target) => ({
      ...target,
      links: target.links.map((each) => (each.link === link ? { ...each, state: 'ok' } : each)),
    })),
  })),
})

describe('the laws are broken by an explanation that', () => {
  it.each<[string, Explainer]>([
    ['looks at no target', (world, task) => ours({ ...world, targets: [] }, task)],
    [
      'does not know what was answered',
      (world, task) => ours(withState(world, { definitions: PersistentMap.empty() }), task),
    ],
    [
      'believes the plan to be the target',
      (world, task) => {
        const { firstBreak, ...explanation } = ours(world, task)
        return firstBreak?.link === 'target'
          ? { ...withoutBreak({ ...explanation, firstBreak: undefined }, 'target'), firstBreak: undefined }
          : { ...explanation, firstBreak }
      },
    ],
    [
      'does not know that a name is taken',
      (world, task) => {
        const explanation = ours(world, task)
        return explanation.firstBreak?.link === 'claim'
          ? {
              ...explanation,
              ports: explanation.ports.map((port) => ({
                ...port,
                links: port.links.map((each) => ({ ...each, state: 'ok' as const })),
                targets: [],
              })),
              firstBreak: undefined,
            }
          : explanation
      },
    ],
  ])('%s', (_what, wrong) => {
    isRefuted(okIfRouted(wrong))
  })

  it.each(['address', 'health', 'claim', 'plan'])('takes %s for ok whatever comes before it', (link) => {
    isRefuted(orderIsKept((world, task) => withoutBreak(ours(world, task), link)))
  })
})
