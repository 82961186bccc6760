/**
 * Writes docs/demo.svg, the picture of the README, from the recording beside this file. `--record` runs the demo first,
 * with a fixed seed, and records what it draws. A run is never quite the same twice: its times are real.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pc from 'picocolors'
import { demo } from '../../demo/demo.js'
import { frame, type Surface } from '../../demo/screen.js'
import type { Recording } from './recording.js'
import { svgPicture } from './svg-picture.js'

const recordingFile = fileURLToPath(new URL('recording.json', import.meta.url))
const picture = fileURLToPath(new URL('../../docs/demo.svg', import.meta.url))

const surface = (): Surface => ({ colors: pc.createColors(true), columns: 96, rows: 40 })

const record = async (): Promise<Recording> => {
  const frames: (readonly string[])[] = []
  let said: readonly string[] = []
  const display = {
    everyMs: 1_000,
    surface,
    print: (lines: readonly string[]) => void (said = lines),
    show: (scene: Parameters<typeof frame>[0]) => void frames.push(frame(scene, surface())),
    close: () => undefined,
  }
  const options = {
    forMs: 14_000,
    seed: 7,
    scene: 'churn',
    services: 6,
    quiet: false,
    sabotage: false,
  } as const
  const code = await demo({ ...options, workers: undefined }, display, new AbortController().signal, '')
  if (code !== 0) throw new Error('the demo did not end in agreement')
  return { frames, sentence: said.at(-1) ?? '' }
}

if (process.argv.includes('--record'))
  writeFileSync(recordingFile, `${JSON.stringify(await record(), undefined, 1)}\n`)
writeFileSync(picture, svgPicture(JSON.parse(readFileSync(recordingFile, 'utf8')) as Recording))
