import { expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { MissingAnswers } from '../../src/core/missing-answers.js'
import { observed } from '../support/observed-task.js'

const task = { ...observed({ id: 'a' }), definition: 'definition', instance: 'instance' }
const definition = { arn: 'definition', networkMode: 'awsvpc', containers: [] } as const
const described = { ...emptyState, definitions: emptyState.definitions.set('definition', definition) }

const lacking = (missing: MissingAnswers): readonly (readonly string[])[] => [
  [...missing.of('definition')],
  [...missing.of('instance')],
]

it('knows which tasks lack an answer, and forgets those that lack it no more', () => {
  const missing = new MissingAnswers()
  missing.note(task.arn, task, emptyState)
  expect(lacking(missing)).toEqual([[task.arn], [task.arn]])
  missing.note(task.arn, task, described)
  expect(lacking(missing)).toEqual([[], [task.arn]])
  missing.note(task.arn, { ...task, instance: 'another' }, described)
  expect(lacking(missing)).toEqual([[], []])
  expect([...missing.of('another')]).toEqual([task.arn])
  missing.note(task.arn, undefined, described)
  expect([...missing.of('another')]).toEqual([])
})
