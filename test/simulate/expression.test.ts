import { describe, expect, it } from 'vitest'
import { satisfies, updated } from '../../simulate/servers/expression.js'
import type { StoredItem } from '../../simulate/servers/stored-item.js'

const item: StoredItem = { a: { N: '1' }, b: { M: { c: { S: 'x' } } } }
const given = {
  names: { '#a': 'a', '#c': 'c' },
  values: { ':one': { N: '1' }, ':x': { S: 'x' }, ':map': { S: 'M' } },
}

describe('a condition', () => {
  it.each([
    ['#a = :one', true],
    ['NOT #a = :one', false],
    ['#a < :one OR b.#c = :x', true],
    ['#a <= :one AND b.#c <> :x', false],
    ['attribute_exists(#a) AND attribute_not_exists(d)', true],
    ['attribute_type(b, :map) AND (#a > :one OR #a >= :one)', true],
    ['d = :x', false],
    ['d <> :x', true],
  ])('%s is %s', (expression, holds) => {
    expect(satisfies(item, expression, given)).toBe(holds)
  })

  it('of another form is an error, not ignored', () => {
    expect(() => satisfies(item, 'begins_with(#a, :x)', given)).toThrow('expression')
  })
})

it('an update reads the item before it, and changes nothing else', () => {
  expect(updated(item, 'SET #a = #a + :one, b.#c = :one REMOVE d ADD n :one', given)).toEqual({
    a: { N: '2' },
    b: { M: { c: { N: '1' } } },
    n: { N: '1' },
  })
})
