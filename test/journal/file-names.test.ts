import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  amendmentFile,
  amendmentsAbove,
  amendmentsIn,
  checkpointFile,
  checkpointsIn,
  entriesFile,
  isEntriesFile,
  isOwnEntriesFile,
  leaseFile,
  leasesIn,
} from '../../src/journal/directory/file-names.js'

describe('the name of a file', () => {
  it('with entries says who wrote it, and is that of a recording, too', () => {
    expect(entriesFile('w1', 7)).toBe('journal-w1-00000007.jsonl')
    expect(isEntriesFile('journal-w1-00000007.jsonl')).toBe(true)
    expect(isOwnEntriesFile('journal-w1-00000007.jsonl')).toBe(true)
    expect(isEntriesFile('sqs-123456789.jsonl')).toBe(true)
    expect(isOwnEntriesFile('sqs-123456789.jsonl')).toBe(false)
    expect(isOwnEntriesFile('journal-w1-0000007.jsonl')).toBe(false)
  })

  it.each([
    '.journal-w1-00000007.jsonl',
    '-00000007.jsonl',
    'journal-w1-0000007.jsonl',
    'journal-w1-0000000x.jsonl',
    'journal-w1-00000007.jsonl.gz',
    'journal-w1-00000007xjsonl',
  ])('with entries is not %s', (name) => {
    expect(isEntriesFile(name)).toBe(false)
  })

  it('says which amendment, checkpoint or lease it is', () => {
    expect(amendmentFile(3)).toBe('amendment.00000003.jsonl')
    expect(checkpointFile(3)).toBe('checkpoint.00000003.gz')
    expect(leaseFile('sqs', 3)).toBe('lease.sqs.00000003')
    expect(leaseFile('a b/c-D_1.é', 1)).toBe('lease.a%0020b%002fc-D_1%002e%00e9.00000001')
    // Of another length, é and a digit could be one letter of another script.
    expect(leaseFile('é1', 1)).not.toBe(leaseFile('\u091b', 1))
  })
})

it('files are found by what they are, in the order of their numbers', () => {
  const names = [
    amendmentFile(12),
    amendmentFile(123_456_789),
    amendmentFile(3),
    checkpointFile(9),
    checkpointFile(8),
    leaseFile('sqs', 2),
    leaseFile('sqs', 1),
    leaseFile('sqs.more', 5),
    'amendment.0000004.jsonl',
    'amendment.00000005.jsonl.tmp',
    'amendment.x00000006.jsonl',
    'amendment.00000007.',
    'xamendment.00000008.jsonl',
    'checkpoint.00000001.g-z',
  ]
  expect(amendmentsIn(names)).toEqual([3, 12, 123_456_789])
  expect(checkpointsIn(names)).toEqual([8, 9])
  expect(leasesIn(names, 'sqs')).toEqual([1, 2])
  expect(leasesIn(names, 'sqs.more')).toEqual([5])
  expect(leasesIn(names, 'other')).toEqual([])
})

const number = fc.oneof(fc.nat(20), fc.integer({ min: 99_999_990, max: 100_000_010 }))

it('finds the amendments above a number, also when they get more digits', () => {
  fc.assert(
    fc.property(fc.uniqueArray(number), number, (numbers, after) => {
      const names = [...numbers.map(amendmentFile), checkpointFile(after + 1), entriesFile('w', after + 1)]
      expect(amendmentsAbove(names, after)).toEqual(
        numbers.filter((one) => one > after).sort((a, b) => a - b),
      )
    }),
  )
})

it('knows the files of entries by their names', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[.a-]{0,3}-?\d{7,9}(\.jsonl)?$/), (name) => {
      expect(isEntriesFile(name)).toBe(/^(?!\.).+-\d{8,}\.jsonl$/.test(name))
    }),
  )
})
