import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { ClusterLife } from '../../demo/cluster-life.js'
import { Convergence } from '../../demo/convergence.js'
import { frame, type Scene } from '../../demo/screen.js'
import type { Recording } from '../../scripts/demo-picture/recording.js'
import { svgPicture } from '../../scripts/demo-picture/svg-picture.js'

const recording = JSON.parse(readFileSync('scripts/demo-picture/recording.json', 'utf8')) as Recording
const picture = readFileSync('docs/demo.svg', 'utf8')
const rerecord = 'record it again: npm run picture -- --record'

/** What the demo draws now of the beginning of the same story. */
const scene = (): Scene => {
  const { cluster, counts } = new ClusterLife({ seed: 7, services: 6 })
  return {
    seed: 7,
    elapsed: 0,
    total: 14_000,
    phase: 'storm',
    services: cluster.services().map(({ name, spec }) => ({ name, placement: spec.placement })),
    truth: cluster.truth(),
    table: cluster.truth(),
    versions: new Map(),
    events: counts,
    figures: new Convergence(new Map(), new Map()).figures,
    snapshots: 0,
    crew: undefined,
    news: [],
    troubles: [],
    unacknowledged: 0,
  }
}

describe('the picture of the README', () => {
  it('is what the script makes of its recording', () => {
    expect(picture, 'npm run picture').toBe(svgPicture(recording))
  })

  it('shows the screen as the demo draws it', () => {
    const today = frame(scene(), { colors: pc.createColors(true), columns: 96, rows: 40 })
    // The words of each line, without what changes in a run.
    const words = (lines: readonly string[]): readonly string[] =>
      lines
        .map((line) => /^[ ■□×]*[a-zA-Z, ]*/.exec(stripVTControlCharacters(line))?.[0].trim() ?? '')
        .slice(0, -4)
    for (const lines of recording.frames) {
      expect(lines, rerecord).toHaveLength(today.length)
      expect(
        words(lines).map((line) => line.split(' ')[0]),
        rerecord,
      ).toEqual(words(today).map((line) => line.split(' ')[0]))
    }
    const legend = today.find((line) => line.includes('live and in the table'))
    expect(recording.frames.at(-1), rerecord).toContain(legend)
  })

  it('shows agreement in the end, and says so in words, for those who cannot see it', () => {
    expect(recording.frames.at(-1)?.join('')).not.toContain('Δ')
    expect(recording.frames.flat().join('')).toContain('□')
    expect(picture).toContain(`<title id="t">${recording.sentence}</title>`)
  })

  it('is small, and reaches for nothing', () => {
    expect(picture.length).toBeLessThan(120_000)
    expect(picture.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|href/)
  })
})
