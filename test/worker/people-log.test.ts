import { describe, expect, it } from 'vitest'
import { inFormat, peopleLine } from '../../src/worker/terminal/people-log.js'

const line = (fields: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify({ level: 'info', time: '2026-01-01T12:00:01.000Z', worker: 'w', ...fields })}\n`

describe('the log for people', () => {
  it.each([
    [
      { msg: 'changed', sink: 'table', key: 'web', what: 'web +2 −1 → 5' },
      '12:00:01 changed: web +2 −1 → 5\n',
    ],
    [
      { msg: 'ready: x', afterMs: 320, tasks: 5, backends: 2 },
      '12:00:01 ready after 0.3 s: tasks 5, backends 2\n',
    ],
    [
      {
        level: 'error',
        msg: 'sink failed',
        operation: 'read',
        reason: 'no',
        nextStep: 'look',
        heldBack: 3,
        sink: 't',
      },
      '12:00:01 ERROR sink failed: read: no: look (and 3 more times) [sink=t]\n',
    ],
  ])('says %j in words', (fields, text) => {
    expect(peopleLine(line(fields))).toBe(text)
  })

  it('leaves what is no log line as it is', () => {
    expect(peopleLine('no JSON\n')).toBe('no JSON\n')
  })

  it.each([
    ['auto', true, true],
    ['auto', false, false],
    ['text', false, true],
    ['json', true, false],
  ] as const)('in the format %s, on a terminal: %s, is text: %s', (format, isInteractive, isText) => {
    const written: string[] = []
    inFormat({ write: (text) => void written.push(text) }, format, { isInteractive }).write(
      line({ msg: 'm' }),
    )
    expect(written[0]?.startsWith('{')).toBe(!isText)
  })
})
