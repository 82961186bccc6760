import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { defaultOwner, exposesNothing } from 'ecs-task-stream'
import { readSettings } from 'ecs-task-stream/worker'
import { journalSettings } from 'ecs-task-stream/worker/clusters'
import { memoryJournal } from '../../src/journal/memory.js'
import { dryComposition } from '../../src/worker/runner/dry-composition.js'
import { journalName } from '../../src/worker/clusters/journal-name.js'
import { lazyJournal } from '../../src/worker/clusters/lazy-journal.js'
import { followed } from '../../src/worker/clusters/cluster-settings.js'

const read = (JOURNAL: string) => readSettings(journalSettings, [], { JOURNAL })

describe('JOURNAL', () => {
  it.each([
    ['dir:/var/lib/ecs-task-stream', { _tag: 'Directory', path: '/var/lib/ecs-task-stream' }],
    ['dynamodb:ecs-journal', { _tag: 'Table', name: 'ecs-journal' }],
    [' dynamodb:a.b_c ', { _tag: 'Table', name: 'a.b_c' }],
    ['', undefined],
  ])('takes %j', (given, journal) => {
    expect(read(given)).toEqual(E.right({ journal }))
  })

  it.each([
    [
      '/var/lib/ecs',
      ', got "/var/lib/ecs": for a journal in this directory, write dir:/var/lib/ecs; to record what sources deliver, use RECORD_TO',
    ],
    [
      'dynamodb:',
      ', got "dynamodb:": the name of a table has 3 to 255 letters, digits, hyphens, underscores and dots',
    ],
    [
      'dynamodb:a b',
      ', got "dynamodb:a b": the name of a table has 3 to 255 letters, digits, hyphens, underscores and dots',
    ],
    ['dir:', ', got "dir:"'],
    ['redis:x', ', got "redis:x"'],
  ])('refuses %j, and says what it expected', (given, rest) => {
    expect(read(given)).toEqual(
      E.left([
        {
          where: 'JOURNAL (--journal)',
          message: `expected dir:<directory> or dynamodb:<table>${rest}`,
          example: 'JOURNAL=dynamodb:ecs-journal',
        },
      ]),
    )
  })
})

describe('the name of a journal', () => {
  const owners = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 150 }),
    // Names that look like escapes, and nearly equal ones.
    fc.string({
      unit: fc.constantFrom('.', '/', '2', 'f', ':', '-', '_', 'A', 'a'),
      minLength: 1,
      maxLength: 120,
    }),
    fc
      .array(fc.constantFrom('a', 'b', 'c*', 'arn:aws:ecs:eu-west-1:123456789012:cluster/a'))
      .map(defaultOwner),
  )

  it('is one that every journal takes', () => {
    fc.assert(fc.property(owners, (owner) => /^[\w.:-]{1,100}$/.test(journalName(owner))))
  })

  it('is equal for equal owners alone, also for the name of another journal as an owner', () => {
    fc.assert(
      fc.property(owners, owners, (a, b) => {
        for (const other of [b, journalName(a), journalName(b)])
          expect(journalName(a) === journalName(other)).toBe(a === other)
      }),
    )
  })

  it('is the owner, as far as that can be read', () => {
    expect(journalName('ecs-task-stream/staging')).toBe('ecs-task-stream.2f.staging')
    expect(journalName(`x/${'a'.repeat(200)}`)).toMatch(/^x-a{33}\.[\da-f]{64}$/)
  })
})

const settings = { cluster: ['staging'], queueUrl: undefined, resyncSeconds: 300, pruneGuard: 'on' } as const

describe('a composition', () => {
  it('has a journal if the settings name one, and its dry run has none', () => {
    expect(followed({ ...settings, owner: undefined })).not.toHaveProperty('journal')
    const parts = followed({ ...settings, owner: undefined, journal: { _tag: 'Table', name: 'journal' } })
    expect(parts).toHaveProperty('journal')
    const composition = {
      ...parts,
      eventSources: [],
      lookups: [],
      sinks: [],
      expose: { expose: () => exposesNothing },
    }
    expect(dryComposition(composition)).not.toHaveProperty('journal')
  })
})

describe('a journal that is loaded when it is needed', () => {
  it('is loaded once, with the first call, and again after a failure', async () => {
    const loads: string[] = []
    const lazy = lazyJournal(() => {
      loads.push('load')
      return loads.length === 1
        ? Promise.reject(new Error('no such module'))
        : Promise.resolve(memoryJournal())
    })
    expect(loads).toEqual([])
    const { signal } = new AbortController()
    await expect(lazy.lease('a', 1, signal)).rejects.toThrow('no such module')
    expect(await lazy.lease('a', 1, signal)).toBe(true)
    expect(await lazy.lease('a', 1, signal)).toBe(true)
    expect(loads).toHaveLength(2)
  })
})
