import { describe, expect, it } from 'vitest'
import * as directory from '../../src/journal/directory/directory-position.js'
import * as table from '../../src/journal/dynamodb/table-position.js'

const foreign = 'this position is of another kind of journal'

describe('a position in a table', () => {
  const position = { entry: 3, beyond: [5, 6], amendment: 2, at: 7 }

  it('is the same when it is read back', () => {
    expect(table.parsePosition(table.formatPosition(position))).toEqual(position)
    const plain = { ...position, beyond: [] }
    expect(table.formatPosition(plain)).toBe('{"entry":3,"amendment":2,"at":7}')
    expect(table.parsePosition(table.formatPosition(plain))).toEqual(plain)
    expect(table.parsePosition('{"entry":3,"beyond":[5,"x"],"amendment":2,"at":7}').beyond).toEqual([5])
  })

  it.each([
    'null',
    '1',
    '[]',
    '{"entry":"3","amendment":2,"at":7}',
    '{"entry":3,"amendment":null,"at":7}',
    '{"entry":3,"amendment":2}',
    '{"entry":3,"beyond":5,"amendment":2,"at":7}',
  ])('is not %s', (other) => {
    expect(() => table.parsePosition(other)).toThrow(foreign)
  })

  it('takes the place of one that has read no more of either log', () => {
    expect(table.isUpTo({ entry: 3, amendment: 2 }, { entry: 3, amendment: 2 })).toBe(true)
    expect(table.isUpTo({ entry: 4, amendment: 2 }, { entry: 3, amendment: 2 })).toBe(false)
    expect(table.isUpTo({ entry: 3, amendment: 3 }, { entry: 3, amendment: 2 })).toBe(false)
  })
})

describe('a position in a directory', () => {
  const position = { files: { a: 10, b: 20 }, amendment: 2, at: 7 }

  it('is the same when it is read back', () => {
    expect(directory.parsePosition(directory.formatPosition(position))).toEqual(position)
    expect(directory.parsePosition('{"files":{"a":1,"b":"x"},"amendment":2,"at":7}').files).toEqual({ a: 1 })
  })

  it.each([
    'null',
    '[]',
    '{"files":1,"amendment":2,"at":7}',
    '{"files":{},"amendment":"2","at":7}',
    '{"files":{},"amendment":2}',
  ])('is not %s', (other) => {
    expect(() => directory.parsePosition(other)).toThrow(foreign)
  })

  it('takes the place of one that has read no more of any file that is there', () => {
    const there = () => true
    expect(directory.isUpTo(position, position, there)).toBe(true)
    expect(directory.isUpTo(position, { ...position, amendment: 1 }, there)).toBe(false)
    expect(directory.isUpTo(position, { ...position, files: { a: 9, b: 20 } }, there)).toBe(false)
    expect(directory.isUpTo(position, { ...position, files: { b: 20 } }, there)).toBe(false)
    expect(directory.isUpTo(position, { ...position, files: { b: 21 } }, (name) => name !== 'a')).toBe(true)
    expect(directory.isUpTo({ ...position, files: { a: 0 } }, { ...position, files: {} }, there)).toBe(true)
  })
})
