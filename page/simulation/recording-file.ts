import { encodeEntry } from '../../src/journal/journal.js'
import type { Recording } from '../local/recording.js'

/** The recording as a file of the command `replay`. */
export const recordingFile = ({ entries }: Recording): Blob => {
  const lines = entries.flatMap(({ at, source, events }) => {
    const encoded = encodeEntry(at, source ?? 'event', events)
    return encoded._tag === 'Line' ? [encoded.line] : []
  })
  return new Blob([`${lines.join('\n')}\n`], { type: 'application/x-ndjson' })
}
