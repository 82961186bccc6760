import type { FileLine } from '../../src/journal/file-line.js'
import { journalItems } from '../../src/journal/journal-items.js'
import { mergedItems } from '../../src/journal/merged-items.js'
import { Recording } from './recording.js'

/** What reading some files gave. */
export interface ReadFiles {
  readonly recording: Recording
  /** Lines that are no deliveries, as text for people; at most 20 of them. */
  readonly faults: readonly string[]
  readonly faulty: number
}

const shownFaults = 20

const isGzip = async (file: Blob): Promise<boolean> => {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  return first === 0x1f && second === 0x8b
}

const textOf = async (file: Blob): Promise<ReadableStream<string>> => {
  const bytes = file.stream()
  const plain = (await isGzip(file)) ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes
  return plain.pipeThrough(new TextDecoderStream())
}

/** The lines of a file, packed or not, as the command `replay` reads them. */
async function* linesOf(file: Blob): AsyncGenerator<FileLine> {
  const reader = (await textOf(file)).getReader()
  let number = 0
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    const lines = (rest + (value ?? '')).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const [i, text] of lines.entries()) {
      number++
      const ended = !done || i < lines.length - 1
      if (text.trim() !== '') yield { number, text, ended, end: 0 }
    }
    if (done) return
  }
}

/** Reads recordings, or raw events of EventBridge, in the order of receipt. Rejects if a file cannot be read. */
export const readFiles = async (files: readonly File[]): Promise<ReadFiles> => {
  const recording = new Recording()
  const faults: string[] = []
  let faulty = 0
  const fault = (text: string): void => {
    if (++faulty <= shownFaults) faults.push(text)
  }
  for await (const item of mergedItems(files.map((file) => journalItems(file.name, linesOf(file)))))
    switch (item._tag) {
      case 'Entry':
        recording.add(item.entry)
        break
      case 'Ignored':
        break
      case 'Undecodable':
        fault(`${item.file}:${item.line}: ${item.reason}`)
        break
      case 'Cut':
        fault(`${item.file}:${item.line}: the file ends in the middle of this line, which is left out`)
        break
      case 'Detached':
        fault(
          `${item.file}:${item.line}: a snapshot of ${item.cluster} is the difference from one that is not in the files`,
        )
        break
    }
  return { recording, faults, faulty }
}
