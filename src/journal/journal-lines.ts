/** Reads files and other bytes line by line, with memory independent of their size. */
import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import type { FileLine } from './file-line.js'

export type { FileLine } from './file-line.js'

const newline = 0x0a

export async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk
}

/** Reads until it has the two bytes of gzip's magic number; a pipe may deliver them one by one. */
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

async function* counted(
  chunks: AsyncIterable<Buffer>,
  read: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    read(chunk.length)
    yield chunk
  }
}

/** Unpacks gzip, detected by its magic number and not by the file name. */
async function* unpacked(
  file: string,
  signal: AbortSignal,
  read: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const chunks = counted(bytesOf(createReadStream(file, { signal })), read)
  const head = await peek(chunks)
  const whole = after(head, chunks)
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole
    return
  }
  // With this flush, a truncated archive yields everything it contains instead of failing and discarding the last part.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  // Failures reach the reader through the unpacked stream.
  pipeline(Readable.from(whole), gunzip, () => undefined)
  yield* bytesOf(gunzip)
}

/** The lines of some bytes. Empty lines are counted and left out. */
export async function* linesIn(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<FileLine> {
  let number = 1
  let end = 0
  let size = 0
  let parts: Buffer[] = []
  const take = (part: Buffer): void => {
    size += part.length
    if (size > maxBytes) parts = []
    else parts.push(part)
  }
  const line = (ended: boolean): FileLine => {
    const text = size > maxBytes ? undefined : Buffer.concat(parts).toString()
    end += ended ? size + 1 : size
    const taken = { number, text: number === 1 ? text?.replace(/^\uFEFF/, '') : text, ended, end }
    parts = []
    size = 0
    number++
    return taken
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, at))
      start = at + 1
      const whole = line(true)
      if (whole.text?.trim() !== '') yield whole
    }
    take(chunk.subarray(start))
  }
  if (size > 0) yield line(false)
}

/**
 * The lines of a file, or of anything that can be opened like one; gzip is unpacked. Rejects if the file cannot be read,
 * or is damaged gzip. Truncated gzip counts as the end of the file. `read` is called with the number of bytes of each part
 * of the file that is read, packed or not.
 */
export const journalLines = (
  file: string,
  maxBytes: number,
  signal: AbortSignal,
  read: (bytes: number) => void = () => undefined,
): AsyncGenerator<FileLine> => linesIn(unpacked(file, signal, read), maxBytes)
