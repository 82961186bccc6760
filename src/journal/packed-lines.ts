/** Lines of text as gzip, in parts of a bounded size, and back. */
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib'
import { bytesOf, linesIn } from './journal-lines.js'
import { maxLineBytes } from './journal.js'

/** So much text is packed or unpacked in about a millisecond, which costs less than a stream. */
const smallBytes = 64 * 1024

async function* rechunked(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    let rest = chunk
    while (size + rest.length >= maxBytes) {
      const room = maxBytes - size
      yield Buffer.concat([...held, rest.subarray(0, room)])
      rest = rest.subarray(room)
      held = []
      size = 0
    }
    if (rest.length > 0) held.push(rest)
    size += rest.length
  }
  if (size > 0) yield Buffer.concat(held)
}

async function* only(chunk: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(chunk)
}

async function* resumed(begin: readonly string[], rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield* begin
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield `${next.value}\n`
}

/** Packs lines, which must not contain line breaks, into at least one part. Rejects with what `lines` throws. */
export async function* packed(lines: AsyncIterable<string>, maxBytes: number): AsyncGenerator<Buffer> {
  const iterator = lines[Symbol.asyncIterator]()
  const begin: string[] = []
  for (let size = 0; size <= smallBytes;) {
    const next = await iterator.next()
    if (next.done === true) {
      yield* rechunked(only(gzipSync(begin.join(''))), maxBytes)
      return
    }
    begin.push(`${next.value}\n`)
    size += next.value.length + 1
  }
  const gzip = createGzip()
  // Failures reach the reader through the packed stream.
  pipeline(Readable.from(resumed(begin, iterator)), gzip, () => undefined)
  yield* rechunked(bytesOf(gzip), maxBytes)
}

async function* texts(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const { text } of linesIn(chunks, maxLineBytes)) {
    if (text === undefined) throw new Error(`a line is longer than ${maxLineBytes} bytes`)
    yield text
  }
}

/** The lines that were packed into these bytes. Rejects if they are damaged or incomplete. */
export async function* unpackedStream(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const gunzip = createGunzip()
  pipeline(Readable.from(bytes), gunzip, () => undefined)
  yield* texts(bytesOf(gunzip))
}

/** As `unpackedStream`, for parts in memory. */
export async function* unpacked(parts: readonly Uint8Array[]): AsyncGenerator<string> {
  const [first] = parts
  if (parts.length === 1 && first !== undefined && first.length < smallBytes / 8)
    for (const line of gunzipSync(first).toString().split('\n')) {
      if (line !== '') yield line
    }
  else yield* unpackedStream(Readable.from(parts))
}
