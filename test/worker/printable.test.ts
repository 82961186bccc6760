import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import * as fc from 'fast-check'
import pc from 'picocolors'
import { EMPTY } from 'rxjs'
import type { Change } from 'ecs-task-stream'
import { createLogger, formatProblems, type Terminal } from 'ecs-task-stream/worker'
import { describe, expect, it } from 'vitest'
import { printable } from '../../src/shared/codec/printable.js'
import { difference, jsonLine, textLines } from '../../src/sinks/stdout/print.js'
import { encodeEntry } from '../../src/journal/journal.js'
import { planJson, type PlanSummary, planText } from '../../src/worker/runner/plan-text.js'
import { replayCommand } from '../../src/worker/replay/replay-command.js'
import { runs } from '../laws/runs.js'
import { observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const temporary = temporaryDirectories()

/** What no output may hold beside its own line breaks. */
const raw = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'web',
        '\u001b[31m',
        '\u0007',
        '\r',
        '\n',
        '\t',
        '\u007f',
        '\u009b2J',
        '\u2028',
        '\u2029',
      ),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\ud800',
        '\udc00',
        '\u{e0041}',
        '"',
        '\\',
        'é',
        '日',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))

const lines = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

describe('printable text', () => {
  it.each([
    ['plain text, ünïcode, 日本 and 👍🏽', 'plain text, ünïcode, 日本 and 👍🏽'],
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['one\ntwo\r', 'one\\u000atwo\\u000d'],
    ['\u202eabc\u2028', '\\u202eabc\\u2028'],
    ['\ud83d', '\\ud83d'],
    ['\u{e0041}', '\\udb40\\udc41'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it('holds nothing that a terminal would heed, and JSON stays the same JSON', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(printable(text)).not.toMatch(raw)
        const json = printable(JSON.stringify({ [text]: text }))
        expect(json).not.toMatch(raw)
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [text]: text })))
      }),
      { numRuns: runs },
    )
  })
})

describe('what people see', () => {
  const row = (key: string, value: unknown) => ({ key, value, owner: undefined, etag: undefined })

  const summaryOf = (a: string, b: string): PlanSummary => {
    const changes: readonly Change<unknown>[] = [
      { _tag: 'Create', key: a, after: { [b]: b } },
      { _tag: 'Delete', key: b, before: row(b, a) },
    ]
    return {
      sinks: [
        {
          sink: 'table',
          plan: { changes, skipped: [{ change: changes[0]!, why: 'foreign' as const }] },
        },
      ],
      complete: false,
      unresolved: [{ task: a, cluster: b, why: 'refused' as const, detail: b }],
    }
  }

  it('is printable in a plan, whatever the target holds', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const text = planText(summaryOf(a, b))
        for (const line of lines(text)) expect(line).not.toMatch(raw)
        // A name begins no line of its own.
        const onOneLine = (name: string): string => name.replaceAll(/[\n\r]/g, '')
        expect(lines(text)).toHaveLength(lines(planText(summaryOf(onOneLine(a), onOneLine(b)))).length)
        expect(planJson(summaryOf(a, b)).trimEnd()).not.toMatch(raw)
      }),
      { numRuns: runs },
    )
  })

  it('is printable in what stdout prints, and among the problems of settings', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const endpoint = { address: a, protocol: 'tcp', task: b, container: a } as const
        const change = difference(a, undefined, [endpoint])!
        for (const line of lines(textLines(change, pc.createColors(false)))) expect(line).not.toMatch(raw)
        expect(jsonLine(change).trimEnd()).not.toMatch(raw)
        const problems = formatProblems(a, [{ where: a, message: b, example: b }])
        expect(lines(problems)).toHaveLength(2)
        for (const line of lines(problems)) expect(line).not.toMatch(raw)
      }),
      { numRuns: runs },
    )
  })

  it('is printable in the log, one JSON object a line', () => {
    let written = ''
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written += chunk.toString()
        done()
      },
    })
    const logger = createLogger({ worker: 'w', level: 'info', destination })
    fc.assert(
      fc.property(hostile, (text) => {
        written = ''
        logger.info({ reason: text, nested: { [text]: text } }, text)
        expect(lines(written)).toHaveLength(1)
        expect(written.trimEnd()).not.toMatch(raw)
        expect(JSON.parse(written)).toHaveProperty('msg')
      }),
      { numRuns: runs },
    )
  })

  it('is printable in a replay of any journal, explained or not, as text or JSON', async () => {
    const directory = await temporary()
    let file = 0
    const printed = async (...argv: readonly string[]) => {
      let all = ''
      const terminal: Terminal = {
        env: {},
        out: (text) => void (all += text),
        err: (text) => void (all += text),
        log: { write: () => undefined },
        stops$: EMPTY,
        exit: () => undefined,
      }
      await replayCommand(argv, terminal)
      return all
    }
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, junk) => {
        const task = observed({ id: `a${name}`, version: 1, at: 0, port: 80 })
        const encoded = encodeEntry(0, `s${name}`, [
          { _tag: 'TaskChanged', task: { ...task, group: `service:${name}` } },
        ])
        const path = join(directory, `${file++}.jsonl`)
        const entry = encoded._tag === 'Line' ? `${encoded.line}\n` : ''
        await writeFile(path, `${entry}${junk.replaceAll('\n', ' ')}\n{"v":1,"at":"${junk}"}\n`)
        for (const argv of [
          [path],
          [path, '--explain', name],
          [path, '--format', 'json'],
          [path, '--until', junk],
          [junk],
        ])
          for (const line of lines(await printed(...argv))) expect(line).not.toMatch(raw)
      }),
      { numRuns: Math.min(runs, 100) },
    )
  })
})
