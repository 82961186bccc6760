import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explain } from '../../src/sources/ecs-events/ecs-event.js'
import { decodeRecords } from '../../src/sources/ecs-events/lambda-records.js'
import { needs } from '../tiers/needs.js'

/** A directory with `samples/*.json`, one message each, and `streams/*.jsonl`, one a line. */
const directory = process.env['ECS_EVENTS_DIR'] ?? ''

const messages = (): readonly { readonly name: string; readonly json: unknown }[] => {
  const filesIn = (folder: string) =>
    readdirSync(join(directory, folder)).map((file) => ({
      file,
      text: readFileSync(join(directory, folder, file), 'utf8'),
    }))
  const samples = filesIn('samples').filter(({ file }) => file.endsWith('.json'))
  const lines = filesIn('streams').flatMap(({ file, text }) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => ({ file: `${file}:${i + 1}`, text: line })),
  )
  return [...samples, ...lines].map(({ file, text }) => ({ name: file, json: JSON.parse(text) as unknown }))
}

/** By a look at the text that shares nothing with the decoder. */
const classOf = (text: string): string =>
  text.includes('ECS Task State Change') ? 'Event' : text.includes('detail-type') ? 'Ignored' : 'Undecodable'

describe(
  'captured events',
  needs(directory === '' ? 'no captured events: ECS_EVENTS_DIR does not name their directory' : undefined),
  () => {
    it.each(directory === '' ? [] : messages())('$name is recognized', ({ json }) => {
      for (const { decoded } of decodeRecords(json)) {
        const why = decoded._tag === 'Undecodable' ? explain(decoded.errors) : ''
        expect(decoded._tag, why).toBe(classOf(JSON.stringify(json)))
      }
    })

    it('are there', () => {
      expect(messages()).not.toHaveLength(0)
    })
  },
)
