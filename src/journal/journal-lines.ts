/** Files as lines, in memory that does not grow with the file. */
import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'

export interface FileLine {
  /** From 1. */
  readonly number: number
  /** Without its end; `undefined` for a line longer than the bound. */
  readonly text: string | undefined
  /** Whether it ends, as every line but an interrupted last one does. */
  readonly ended: boolean
}

const newline = 0x0a

async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk
}

/** Reads on until there are as many bytes as gzip's magic has: pipes may give them one by one. */
const peek = async (chunks: AsyncIterator<Buffer>): Promise<Buffer> => {
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const next = await chunks.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  return head
}

async function* after(head: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head
  yield* chunks
}

/** What gzip's magic says, and not the name, decides whether it is unpacked. */
async function* unpacked(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = bytesOf(createReadStream(file, { signal }))
  const head = await peek(chunks)
  const whole = after(head, chunks)
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole
    return
  }
  // With this flush, an archive that was cut off gives all that it has, instead of an error that discards the last of
  // it.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  // Failures reach the reader through the unpacked stream.
  pipeline(Readable.from(whole), gunzip, () => undefined)
  yield* bytesOf(gunzip)
}

/**
 * The lines of a file, or of whatever can be opened like one; gzip is unpacked. Empty lines are counted and left out.
 * Rejects when it cannot be read, or is gzip and damaged; an end in the middle of gzip is an end.
 */
export async function* journalLines(
  file: string,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<FileLine> {
  let number = 1
  let size = 0
  let parts: Buffer[] = []
  const take = (part: Buffer): void => {
    size += part.length
    if (size > maxBytes) parts = []
    else parts.push(part)
  }
  const line = (ended: boolean): FileLine => {
    const text = size > maxBytes ? undefined : Buffer.concat(parts).toString()
    const taken = { number, text: number === 1 ? text?.replace(/^\uFEFF/, '') : text, ended }
    parts = []
    size = 0
    number++
    return taken
  }
  for await (const chunk of unpacked(file, signal)) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end))
      start = end + 1
      const whole = line(true)
      if (whole.text?.trim() !== '') yield whole
    }
    take(chunk.subarray(start))
  }
  if (size > 0) yield line(false)
}
