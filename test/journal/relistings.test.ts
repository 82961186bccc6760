import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import { fold as foldEntry } from '../../src/core/fold.js'
import type { JournalEvent } from '../../src/core/journal.js'
import { relistingOf } from '../../src/core/relisting.js'
import { encodeEntry, encodeLines } from '../../src/journal/journal.js'
import { replay } from '../../src/journal/replay.js'
import { histories } from '../../src/testing/histories.js'
import { fold, stateContents } from '../laws/observed.js'
import { runs } from '../laws/runs.js'
import { heard } from '../support/heard.js'
import { cluster, observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const temporary = temporaryDirectories()

const written = async (...entries: readonly (readonly JournalEvent[])[]): Promise<string> => {
  const file = join(await temporary(), 'journal.jsonl')
  const lines = entries.flatMap((events, at) => [...encodeLines({ at, source: 'some', events })])
  await writeFile(file, lines.map((each) => (each._tag === 'Line' ? `${each.line}\n` : each.reason)).join(''))
  return file
}

const listed = (order: number, ...ids: readonly string[]): JournalEvent & { _tag: 'TasksListed' } => ({
  _tag: 'TasksListed',
  cluster,
  at: order,
  order,
  tasks: ids.map((id) => observed({ id })),
})

describe('a journal with snapshots as differences', () => {
  it('is replayed with whole snapshots, which give the same state', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async ({ events }) => {
        let state: ClusterState = emptyState
        const entries: JournalEvent[][] = []
        for (const event of events) {
          const relisted = event._tag === 'TasksListed' ? relistingOf(event, state) : undefined
          entries.push([relisted ?? event])
          state = foldEntry(state, relisted ?? event)
        }
        const { deliveries, notices } = await heard(replay({ file: await written(...entries) }))
        expect(notices).toEqual([])
        expect(stateContents(fold(deliveries.flat()))).toEqual(stateContents(state))
      }),
      { numRuns: Math.min(60, runs) },
    )
  })

  it('is replayed without a snapshot whose base is missing, but with its tasks, and says so', async () => {
    const [base, next] = [listed(1, 'a', 'b'), listed(2, 'b', 'c')]
    const relisted = relistingOf(next, foldEntry(emptyState, base))
    const file = await written([relisted ?? next])
    expect(await heard(replay({ file }))).toEqual({
      deliveries: [[{ _tag: 'TaskChanged', task: observed({ id: 'c' }) }]],
      notices: [{ _tag: 'Warning', message: expect.stringContaining('is not in the files') as string }],
    })
  })

  it('has a long snapshot in several lines; without one of them, it is no snapshot', async () => {
    const many = listed(1, ...Array.from({ length: 1_000 }, (_, i) => `t${i}`))
    const encoded = encodeEntry(0, 'snapshots', [many])
    const text = encoded._tag === 'Line' ? encoded.line : ''
    const file = join(await temporary(), 'long.jsonl')
    const other = encodeEntry(1, 'other', [listed(0, 'z')])
    const rest = other._tag === 'Line' ? other.line : ''
    await writeFile(file, `${text}\n${rest}\n`)
    expect(text.split('\n')).toHaveLength(5)
    expect((await heard(replay({ file }))).deliveries).toEqual([[many], [listed(0, 'z')]])

    await writeFile(file, `${text.split('\n').slice(0, 4).join('\n')}\n${rest}\n`)
    const torn = await heard(replay({ file }))
    expect(torn.deliveries).toEqual([[listed(0, 'z')]])
    expect(torn.notices).toMatchObject([{ _tag: 'Undecodable', id: `${file}:4` }])

    await writeFile(file, `${rest}\n${text.split('\n').slice(0, 4).join('\n')}\n`)
    expect(await heard(replay({ file }))).toMatchObject({
      deliveries: [[listed(0, 'z')]],
      notices: [{ _tag: 'Warning' }],
    })

    await writeFile(file, `${text.split('\n').slice(1).join('\n')}\n${rest}\n`)
    const beheaded = await heard(replay({ file }))
    expect(beheaded.deliveries).toEqual([[listed(0, 'z')]])
    expect(beheaded.notices).toHaveLength(4)
  })
})
