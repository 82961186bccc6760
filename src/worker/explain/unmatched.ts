import type { Explanation } from '../../core/explain/explain.js'
import type { ExplainedWorld } from '../../core/explain/explained-world.js'
import { serviceOf } from '../../core/service-of.js'
import { printable } from '../../shared/codec/printable.js'
import { closest } from '../settings/closest.js'

/** What to say if nothing matches a question. */
export const unmatched = (
  { question, complete }: Pick<Explanation, 'question' | 'complete'>,
  { state, desired }: Pick<ExplainedWorld, 'state' | 'desired'>,
): string => {
  const services = [...state.tasks.values()].flatMap((task) => serviceOf(task) ?? [])
  const near = closest(question, [...new Set([...desired.backends.keys(), ...services])])
  return unmatchedText({ question, complete }, near)
}

/** The same, where the names that are known are not at hand. `near`: a name that may be meant. */
export const unmatchedText = (
  { question, complete }: Pick<Explanation, 'question' | 'complete'>,
  near?: string,
): string =>
  printable(
    `nothing that is known matches "${question}"` +
      (near === undefined ? '' : `; did you mean ${near}?`) +
      (complete
        ? ': a task that ECS does not list any more is not known, and CLUSTER may not include its cluster'
        : ': the clusters are not known as a whole yet, so try again'),
  )
