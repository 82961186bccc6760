import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { type Display, display } from '../../demo/display.js'
import type { Scene } from '../../demo/screen.js'

const never = { count: 0, p50: 0, p95: 0, max: 0 }

const scene: Scene = {
  seed: 1,
  elapsed: 1_000,
  total: undefined,
  phase: 'calm',
  services: [{ name: 'web', placement: 'bridge' }],
  truth: new Map([['web', ['10.0.0.4:1']]]),
  table: new Map([['web', ['10.0.0.4:1']]]),
  versions: new Map([['web', 1]]),
  events: { sent: 1, extra: 0, lost: 0, overtaken: 0 },
  figures: {
    delivered: never,
    queued: never,
    byNextEvent: never,
    bySnapshot: never,
    strayed: never,
    missing: 0,
    overtaken: 0,
    open: 0,
  },
  snapshots: 1,
  crew: undefined,
  news: [],
  troubles: [],
  unacknowledged: 0,
}

class Recorder extends Writable {
  readonly writes: string[] = []
  readonly columns = 100
  readonly rows = 30

  constructor(readonly isTTY: boolean) {
    super()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString())
    done()
  }
}

const open: Display[] = []
const shown = (isTTY: boolean, env: NodeJS.ProcessEnv, quiet = false) => {
  const output = new Recorder(isTTY)
  const screen = display(output, quiet, env)
  open.push(screen)
  return { output, screen }
}
afterEach(() => {
  for (const screen of open.splice(0)) screen.close()
})

describe('the display', () => {
  it('draws over its last frame on a terminal, and leaves the cursor visible', () => {
    const { output, screen } = shown(true, { TERM: 'xterm' })
    screen.show(scene)
    screen.show(scene)
    screen.close()
    const [hide, first, second, restore] = output.writes
    expect(hide).toBe('\x1b[?25l')
    expect(second).toBe(first!.replace('\r', `\r\x1b[${first!.split('\n').length - 1}A`))
    expect(restore).toBe('\x1b[?25h')
  })

  it('keeps what is printed: the next frame comes below', () => {
    const { output, screen } = shown(true, { TERM: 'xterm' })
    screen.show(scene)
    screen.print(['stays'])
    screen.show(scene)
    expect(output.writes.at(-2)).toBe('stays\n')
    expect(output.writes.at(-1)).not.toContain('A\x1b')
    expect(output.writes.at(-1)).toBe(output.writes[1])
  })

  it.each([
    ['no terminal', false, { TERM: 'xterm' }],
    ['a terminal that cannot move its cursor', true, { TERM: 'dumb' }],
  ])('prints plain lines to %s', (_, isTTY, env) => {
    const { output, screen } = shown(isTTY, env)
    screen.show(scene)
    // Only the time has changed.
    screen.show({ ...scene, elapsed: 2_000 })
    screen.close()
    expect(output.writes).toEqual([expect.stringMatching(/^ +1\.0 s {2}✓ 1 of 1 service in sync .*\n$/)])
  })

  it('has no colours where NO_COLOR is set', () => {
    const { output, screen } = shown(true, { TERM: 'xterm', NO_COLOR: '1' })
    screen.show(scene)
    expect(output.writes.join('')).not.toContain('\x1b[3')
    const colored = shown(true, { TERM: 'xterm', NO_COLOR: '' })
    colored.screen.show(scene)
    expect(colored.output.writes.join('')).toContain('\x1b[32m')
  })

  it('shows no scene when it is quiet, and still prints', () => {
    const { output, screen } = shown(true, { TERM: 'xterm' }, true)
    screen.show(scene)
    screen.print(['outcome'])
    screen.close()
    expect(output.writes).toEqual(['outcome\n'])
  })
})
