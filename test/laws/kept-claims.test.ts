import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Claim, claimsOf, type TaskClaims } from '../../src/core/claim.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { claimsIn, keptClaims } from '../../src/core/kept-claims.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { cluster, observed } from '../support/observed-task.js'
import { holds, refutation } from './holds.js'

describe('the claims that the projection keeps', () => {
  const live = claimsOf(observed({ id: 'a' }), emptyState, servicePorts(), 0)
  const [claim] = live?.claims ?? []

  /** Claims of one task: any number, live or not, with or without what is missing. */
  const claims = fc
    .record({
      claims: fc.array(
        fc.constantFrom<(Claim | undefined)[]>(claim, {
          _tag: 'Waiting',
          backend: 'web',
          host: undefined,
        }),
        { maxLength: 2 },
      ),
      isUnresolved: fc.boolean(),
      isNameless: fc.boolean(),
    })
    .map(({ claims: some, isUnresolved, isNameless }): TaskClaims => {
      const { arn: task, group } = observed({ id: 'a' })
      return {
        task,
        cluster,
        group,
        claims: some.filter((one) => one !== undefined),
        unresolved: isUnresolved ? { task, cluster, why: 'refused', detail: '' } : undefined,
        nameless: isNameless ? { why: 'waiting', host: undefined } : undefined,
      }
    })

  const keepsAll = (keep: typeof keptClaims): fc.IProperty<[TaskClaims]> =>
    fc.property(claims, (given) => deepStrictEqual(claimsIn(keep(given)), given))

  it('are the claims that it was given', () => {
    holds(keepsAll(keptClaims))
  })

  it('would not be if a live claim were kept alone beside others', () => {
    const keep: typeof keptClaims = (given) => given.claims.find((one) => one._tag === 'Live') ?? given
    ok(fc.check(keepsAll(keep), refutation).failed)
  })

  it('are one object for a task with one live claim', () => {
    ok(live !== undefined)
    strictEqual(keptClaims(live), claim)
  })
})
