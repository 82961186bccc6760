import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/core/journal.js'
import type { FileLine } from '../../src/journal/file-line.js'
import { type JournalItem, journalItems } from '../../src/journal/journal-items.js'
import { mergedItems } from '../../src/journal/merged-items.js'
import { cluster, observed } from '../support/observed-task.js'
import { all, each } from '../support/async-items.js'

const event = { _tag: 'LogRead', log: 'l', position: '1' }
const entry = (at: number, more: object = {}) =>
  JSON.stringify({ v: 3, at, source: 's', events: [event], ...more })

/** Lines of a file; `undefined` is one that is too long. */
const read = (texts: readonly (string | undefined)[], ended = true): Promise<readonly JournalItem[]> =>
  all(
    journalItems(
      'f',
      each(
        texts.map((text, i): FileLine => ({
          number: i + 1,
          text,
          ended: ended || i + 1 < texts.length,
          end: 0,
        })),
      ),
    ),
  )
const place = (line: number) => ({ file: 'f', line })
const whole = (line: number, at: number, count = 1) => ({
  ...place(line),
  _tag: 'Entry',
  entry: { at, source: 's', events: Array.from({ length: count }, () => event) },
})
const rest = '$.more: expected the next line to continue this entry: its writer was interrupted'
const begin = '$.part: expected the line before to begin this entry: it is missing or damaged'
const bad = (line: number, reason: unknown) => ({ ...place(line), _tag: 'Undecodable', reason })

describe('the lines of a journal', () => {
  it('are entries, each with the number of its last line', async () => {
    expect(await read([entry(1), entry(2, { more: 'entry' }), entry(2, { part: 1 }), entry(3)])).toEqual([
      whole(1, 1),
      whole(3, 2, 2),
      whole(4, 3),
    ])
  })

  it('that are damaged affect no others', async () => {
    expect(await read(['{', entry(1), undefined, '{"v":3}', entry(2)])).toEqual([
      bad(1, expect.stringContaining('expected JSON')),
      whole(2, 1),
      bad(3, '$: expected a line of at most 67108864 bytes, got a longer one'),
      bad(4, expect.stringContaining('$.at')),
      whole(5, 2),
    ])
  })

  it('end where the writer was interrupted', async () => {
    expect(await read([entry(1), '{"v":3,"at'], false)).toEqual([whole(1, 1), { ...place(2), _tag: 'Cut' }])
    expect(await read([entry(1), entry(2, { more: 'entry' })])).toEqual([
      whole(1, 1),
      { ...place(2), _tag: 'Cut' },
    ])
    expect(await read([entry(2, { more: 'entry' }), entry(2, { part: 1, more: 'entry' })])).toEqual([
      { ...place(2), _tag: 'Cut' },
    ])
    // The last line may be whole without its line break.
    expect(await read([entry(1)], false)).toEqual([whole(1, 1)])
    expect(await read(['x', 'y'], false)).toEqual([bad(1, expect.any(String)), { ...place(2), _tag: 'Cut' }])
  })

  it('say of an entry whose rest is missing where that is, and read the next one', async () => {
    expect(await read([entry(1, { more: 'entry' }), entry(2)])).toEqual([bad(1, rest), whole(2, 2)])
  })

  it.each([
    ['whose beginning is missing', [entry(1, { part: 1 })], [bad(1, begin)]],
    ['of another time', [entry(1, { more: 'entry' }), entry(2, { part: 1 })], [bad(2, begin)]],
    ['of another source', [entry(1, { more: 'entry' }), entry(1, { part: 1, source: 't' })], [bad(2, begin)]],
    ['out of turn', [entry(1, { more: 'entry' }), entry(1, { part: 2 })], [bad(2, begin)]],
  ])('are no entry %s', async (_, lines, items) => {
    expect(await read([...lines, entry(9)])).toEqual([...items, whole(lines.length + 1, 9)])
  })

  it('may be raw events, of which some are of no kind that is followed', async () => {
    const raw = { source: 'aws.ec2', 'detail-type': 'x', detail: {} }
    expect(await read([JSON.stringify(raw), entry(1)])).toEqual([
      { ...place(1), _tag: 'Ignored', kind: expect.any(String) as string },
      whole(2, 1),
    ])
  })
})

describe('several journals', () => {
  const of = (file: string, at: number, ...events: readonly JournalEvent[]): JournalItem => {
    return { file, line: at, _tag: 'Entry', entry: { at, source: file, events } }
  }
  const cut = (file: string): JournalItem => ({ file, line: 9, _tag: 'Cut' })
  const merged = (...files: readonly (readonly JournalItem[])[]) =>
    all(mergedItems(files.map((items) => each(items)[Symbol.asyncIterator]())))

  it('are read in the order of receipt, and each in the order of its lines', async () => {
    const [a1, a5, a4, b2, b5, c3] = [of('a', 1), of('a', 5), of('a', 4), of('b', 2), of('b', 5), of('c', 3)]
    expect(await merged([a1, a5, a4], [b2, b5], [], [c3])).toEqual([a1, b2, c3, a5, a4, b5])
    expect(await merged()).toEqual([])
  })

  it('pass on what is no entry at once', async () => {
    const [a5, b1] = [of('a', 5), of('b', 1)]
    expect(await merged([cut('a'), a5, cut('a')], [b1, cut('b')])).toEqual([
      cut('a'),
      b1,
      cut('b'),
      a5,
      cut('a'),
    ])
  })

  it('have whole snapshots, and say which are not', async () => {
    const [one, two] = [observed({ id: '1' }), observed({ id: '2' })]
    const listed: JournalEvent = { _tag: 'TasksListed', cluster, at: 1, order: 1, tasks: [one] }
    const relisted: JournalEvent = {
      _tag: 'TasksRelisted',
      cluster,
      at: 2,
      order: 2,
      since: 1,
      tasks: [two],
      unlisted: [],
    }
    const both: JournalEvent = { _tag: 'TasksListed', cluster, at: 2, order: 2, tasks: [one, two] }
    expect(await merged([of('a', 1, listed), of('a', 2, relisted)])).toEqual([
      of('a', 1, listed),
      of('a', 2, both),
    ])
    expect(await merged([of('a', 2, relisted)])).toEqual([
      { file: 'a', line: 2, _tag: 'Detached', cluster },
      of('a', 2, { _tag: 'TaskChanged', task: two }),
    ])
  })
})
