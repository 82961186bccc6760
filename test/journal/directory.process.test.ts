import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { directoryJournal } from 'ecs-task-stream/journals/directory'
import { describe, expect, inject, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { fold } from '../../src/core/fold.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const temporary = temporaryDirectories()
const program = (): string => join(inject('builtPrograms'), 'test/support/journal-writer.js')

/** What a new worker knows: the ids of tasks, and `#<order>` of the newest snapshot. */
const known = async (directory: string) => {
  const { entries } = await directoryJournal({ directory }).catchUp(undefined, new AbortController().signal)
  const state = entries.flatMap(({ events }) => events).reduce(fold, emptyState)
  const [mark] = state.marks.values()
  return {
    tasks: new Set(Array.from(state.tasks.keys(), (arn) => arn.split('/').at(-1) ?? '')),
    order: mark?.order ?? 0,
  }
}

const expectStored = async (directory: string, said: readonly string[]): Promise<void> => {
  const { tasks, order } = await known(directory)
  const words = said.filter((word) => word !== '' && word !== 'failed')
  expect(words.filter((word) => !word.startsWith('#') && !tasks.has(word))).toEqual([])
  expect(order).toBeGreaterThanOrEqual(
    Math.max(0, ...words.filter((word) => word.startsWith('#')).map((word) => Number(word.slice(1)))),
  )
}

describe('directoryJournal', () => {
  it('holds everything that was resolved when its workers are killed with SIGKILL, again and again', async () => {
    const directory = await temporary()
    const said: string[] = []
    for (let round = 1; round <= 3; round++) {
      const rounds = [1, 2].map(async (worker) => {
        const child = spawn(process.execPath, [program(), directory, `r${round}w${worker}`], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        const errors = text(child.stderr)
        let out = ''
        for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
          out += chunk.toString()
          if (out.length > 8_000 * round) child.kill('SIGKILL')
        }
        expect(await errors).toBe('')
        // The last word may be cut.
        said.push(...out.split('\n').slice(0, -1))
      })
      await Promise.all(rounds)
      await expectStored(directory, said)
    }
    expect(said.filter((word) => word.startsWith('#')).length).toBeGreaterThan(0)
    expect((await readdir(directory)).some((name) => name.startsWith('checkpoint.'))).toBe(true)
  })

  it('holds everything that was resolved when writes end in the middle, as on a full disk', async () => {
    const directory = await temporary()
    // Files of at most 16 or 32 KiB: the write that reaches it is cut, and the next one fails.
    const child = spawn(
      'sh',
      [
        '-c',
        'trap "" XFSZ; ulimit -f 32; exec "$@"',
        'sh',
        process.execPath,
        program(),
        directory,
        'full',
        '60',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(errors).toBe('')
    const said = out.split('\n')
    expect(said).toContain('failed')
    expect(said.filter((word) => word.startsWith('full-')).length).toBeGreaterThan(50)
    await expectStored(directory, said)
  })
})
