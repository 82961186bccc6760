import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { clip, pad } from '../../demo/columns.js'
import type { Figures } from '../../demo/convergence.js'
import type { CrewView } from '../../demo/crew.js'
import { agreed, outcome, succeeded } from '../../demo/outcome.js'
import { PlainLog } from '../../demo/plain-log.js'
import { frame, plainState, type Scene, type Surface } from '../../demo/screen.js'
import { formatMs } from '../../demo/wording.js'

const never = { count: 0, p50: 0, p95: 0, max: 0 }

const figures: Figures = {
  delivered: { count: 40, p50: 212, p95: 540, max: 702 },
  queued: { count: 38, p50: 16, p95: 31, max: 37 },
  byNextEvent: never,
  bySnapshot: { count: 2, p50: 993, p95: 2_550, max: 2_550 },
  strayed: never,
  missing: 0,
  overtaken: 1,
  open: 0,
}

const agreeing: Scene = {
  seed: 7,
  elapsed: 12_340,
  total: 20_000,
  phase: 'storm',
  services: [
    { name: 'web', placement: 'bridge' },
    { name: 'api', placement: 'fargate' },
  ],
  truth: new Map([
    ['web', ['10.0.0.4:32768', '10.0.0.5:32768']],
    ['api', ['10.0.9.1:8080']],
  ]),
  table: new Map([
    ['web', ['10.0.0.4:32768', '10.0.0.5:32768']],
    ['api', ['10.0.9.1:8080']],
  ]),
  versions: new Map([
    ['web', 12],
    ['api', 3],
  ]),
  events: { sent: 220, extra: 16, lost: 10, overtaken: 169 },
  figures,
  snapshots: 3,
  crew: undefined,
  news: [
    { at: 1_000, text: 'the oldest' },
    { at: 2_000, text: 'second' },
    { at: 3_000, text: 'third' },
    { at: 4_000, text: 'fourth' },
    { at: 5_000, text: 'the newest' },
  ],
  troubles: ['sqs: ReceiveMessage failed'],
  unacknowledged: 0,
}

const differing: Scene = {
  ...agreeing,
  table: new Map([
    ['web', ['10.0.0.4:32768', '10.0.0.9:1', '10.0.0.9:2']],
    ['api', ['10.0.9.1:8080']],
  ]),
}

const crew: CrewView = {
  members: [
    { name: 'A', phase: 'alive' },
    { name: 'B', phase: 'killed' },
    { name: 'C', phase: 'starting' },
  ],
  lastWriter: 'A',
  kills: 4,
  replacements: 2,
}

const monochrome: Surface = { colors: pc.createColors(false), columns: 100, rows: 40 }
const colorful: Surface = { ...monochrome, colors: pc.createColors(true) }

const lineOf = (scene: Scene, start: string): string =>
  frame(scene, monochrome).find((line) => line.trimStart().startsWith(start)) ?? ''

describe('the frame', () => {
  it('shows for each service what is live, what the table says, and whether they agree', () => {
    expect(lineOf(agreeing, 'web')).toMatch(/^ web +EC2 +2 +2 +v12 +■■ +✓$/)
    expect(lineOf(agreeing, 'api')).toMatch(/^ api +Fargate +1 +1 +v3 +■ +✓$/)
  })

  it('shows how many servers are missing, and how many are stale', () => {
    expect(lineOf(differing, 'web')).toMatch(/^ web +EC2 +2 +3 +v12 +■□×× +Δ 1 missing, 2 stale$/)
    expect(lineOf(differing, 'api')).toMatch(/✓$/)
  })

  it('says what its marks mean, which differ without colours', () => {
    const legend = frame(differing, monochrome).find((line) => line.includes('live and in the table'))
    expect(legend).toBe(
      ' ■ live and in the table   □ live, not in the table yet   × in the table, not live any more',
    )
  })

  it('shows a service without an item, and one without tasks', () => {
    const nothing: Scene = {
      ...agreeing,
      truth: new Map([['web', []]]),
      table: new Map(),
      versions: new Map(),
    }
    expect(lineOf(nothing, 'web')).toMatch(/^ web +EC2 +0 +0 +v– +✓$/)
  })

  it('shows the last four news, the newest first', () => {
    const text = frame(agreeing, monochrome).join('\n')
    expect(text).toMatch(/5\.0 s {2}the newest\n.*fourth\n.*third\n.*second/)
    expect(text).not.toContain('the oldest')
  })

  it('shows how much of the time has passed, where there is an end to it', () => {
    expect(lineOf(agreeing, 'cluster and table')).toContain('12.3 s of 20.0 s')
    expect(lineOf({ ...agreeing, total: undefined }, 'cluster and table')).not.toContain(' of ')
  })

  it('shows several workers: which are alive, who wrote last, and what that did to readers', () => {
    const text = frame({ ...agreeing, crew, figures: { ...figures, missing: 1 } }, monochrome).join('\n')
    expect(text).toMatch(/ workers +A alive +B killed +C starting +last write: A\n/)
    expect(text).toContain('4 killed, 2 replaced, 1 moment with a live server missing')
    expect(frame(agreeing, monochrome).join('\n')).not.toContain('workers')
  })

  it('is the same text with colours and without', () => {
    const crowd: Scene = { ...differing, crew }
    const colored = frame(crowd, colorful)
    expect(colored.join('')).toContain('\x1b[31m')
    expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(frame(crowd, monochrome))
  })

  it.each([
    [20, 10],
    [40, 12],
    [80, 24],
    [1, 1],
  ])('is never wider than %d columns nor as high as %d rows', (columns, rows) => {
    const services = Array.from({ length: 30 }, (_, n) => ({
      name: `service-${n}`,
      placement: 'fargate' as const,
    }))
    const lines = frame({ ...differing, services }, { ...colorful, columns, rows })
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
    for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns)
  })

  it('says how many services there was no room for, and how many of them agree', () => {
    const services = Array.from({ length: 30 }, (_, n) => ({
      name: `service-${n}`,
      placement: 'fargate' as const,
    }))
    const lines = frame(
      { ...agreeing, services, truth: new Map([['service-29', ['10.0.0.1:1']]]), table: new Map() },
      { ...monochrome, rows: 24 },
    )
    const shown = lines.filter((line) => line.startsWith(' service-')).length
    expect(lines).toContain(` … and ${30 - shown} more, ${29 - shown} in sync`)
  })

  it('keeps its height while things happen, so that nothing jumps', () => {
    const early: Scene = {
      ...agreeing,
      news: [],
      figures: { ...figures, delivered: never, queued: never, bySnapshot: never },
    }
    expect(frame(early, monochrome)).toHaveLength(frame(differing, monochrome).length)
  })
})

describe('the log', () => {
  it('tells each news once, and then the state', () => {
    const log = new PlainLog()
    expect(log.take({ ...agreeing, news: agreeing.news.slice(0, 2) })).toEqual([
      '   1.0 s  the oldest',
      '   2.0 s  second',
      '  12.3 s  ✓ 2 of 2 services in sync · 3 live, 3 in the table · the cluster is changing',
    ])
    expect(log.take({ ...agreeing, news: agreeing.news.slice(0, 3) })).toEqual(['   3.0 s  third'])
  })

  it('says nothing while nothing changes but the time and the counts', () => {
    const log = new PlainLog()
    log.take(agreeing)
    const later: Scene = {
      ...agreeing,
      elapsed: 13_000,
      events: { ...agreeing.events, sent: 240 },
      snapshots: 9,
    }
    expect(log.take(later)).toEqual([])
  })

  it('says how many servers are missing and stale, and how several workers are', () => {
    expect(plainState(differing)).toBe(
      'Δ 1 of 2 services in sync: 1 missing, 2 stale · 3 live, 4 in the table · the cluster is changing',
    )
    expect(plainState({ ...agreeing, crew, phase: 'calm' })).toContain(
      '3 in the table · A alive, B killed, C starting · the cluster is idle',
    )
  })
})

describe('the outcome', () => {
  const text = (scene: Scene): string => outcome(scene, monochrome).join('\n')

  it('says first that they agree, after what, and how fast', () => {
    expect(text(agreeing).split('\n')[0]).toBe(
      'in sync: 2 services, 3 servers, after 220 events (16 repeated, 169 out of order, 10 lost): p50 212 ms, p95 540 ms',
    )
  })

  it('ends with a sentence that says what was shown', () => {
    expect(text(agreeing).split('\n').at(-1)).toBe(
      'In 12 s, a cluster of 2 services told of its changes in 220 events, of which 10 were lost and others came twice, late and out of order; the table followed each change in 212 ms (median), and held all 3 live servers and no other in the end.',
    )
    expect(text(differing).split('\n').at(-1)).toContain(
      'the table did not follow to the end, and differs in 3 servers.',
    )
  })

  it('names every server on which they do not agree', () => {
    expect(text(differing)).toMatch(/^out of sync: 1 of 2 services/)
    expect(text(differing)).toContain('web: 10.0.0.5:32768 is live but not in the table')
    expect(text(differing)).toContain('web: 10.0.0.9:1 is in the table but not live')
  })

  it('says what troubled the worker if they do not agree, as it may be why', () => {
    expect(text(differing)).toContain('worker: sqs: ReceiveMessage failed')
    expect(text(agreeing)).not.toContain('ReceiveMessage')
  })

  it('is not agreement while messages are left unacknowledged', () => {
    const waiting: Scene = { ...agreeing, unacknowledged: 3 }
    expect([agreeing, differing, waiting].map(agreed)).toEqual([true, false, false])
    expect(text(waiting)).toMatch(/^out of sync/)
    expect(text(waiting)).toContain('3 messages in the queue unacknowledged')
  })

  it('says in one sentence what was shown with several workers', () => {
    expect(text({ ...agreeing, crew }).split('\n')[1]).toBe(
      'nobody noticed: of 3 workers on one queue, 4 killed and 2 replaced, 220 events, 15 writes, moments with a live server missing: 0',
    )
    expect(text(agreeing)).not.toContain('workers')
  })

  it('is no success if a live server was missing while workers were killed', () => {
    const noticed: Scene = { ...agreeing, crew, figures: { ...figures, missing: 2 } }
    expect([agreeing, { ...agreeing, crew }, noticed, { ...differing, crew }].map(succeeded)).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(text(noticed)).toMatch(/^noticed: .*missing: 2$/m)
  })

  it('counts lost events separately, and leaves out what did not happen', () => {
    expect(text(agreeing)).toMatch(
      /lost event, a snapshot fixed it +p50 +993 ms +p95 +2\.55 s +max +2\.55 s +2×/,
    )
    expect(text(agreeing)).not.toContain('next event fixed it')
  })

  it('says how to see the same again', () => {
    expect(text(agreeing)).toContain('npm start -- --for 20s --seed 7 --services 2')
    expect(text({ ...agreeing, total: 500 })).toContain('npm start -- --for 500ms --seed 7')
    expect(text({ ...agreeing, total: undefined })).toContain('npm start -- --endless --seed 7')
    expect(text({ ...agreeing, crew })).toContain('--services 2 --workers 3')
  })
})

describe('times', () => {
  it.each([
    [0, '0 ms'],
    [16.4, '16 ms'],
    [999.4, '999 ms'],
    [1_234, '1.23 s'],
    [12_345, '12.3 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text)
  })
})

describe('columns', () => {
  const { red } = pc.createColors(true)

  it('are measured without colours', () => {
    expect(stripVTControlCharacters(pad(red('ab'), 4))).toBe('ab  ')
    expect(pad('ab', 4, 'right')).toBe('  ab')
  })

  it('are cut at the width, and open colours are closed', () => {
    expect(clip('abcdef', 6)).toBe('abcdef')
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip(`${red('abc')}def`, 3)).toBe(`${red('ab')}…`)
    expect(clip('abc', 0)).toBe('')
  })
})
