/**
 * Takes the place of `node:zlib` in the simulated journal. Streams of the real one work on another thread, in real time,
 * so that two runs would not be the same. These pack and unpack everything at their end, at once.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'

export { gunzipSync, gzipSync }
export { constants } from 'node:zlib'

const atTheEnd = (make: (all: Buffer) => Buffer): Transform => {
  const held: Buffer[] = []
  return new Transform({
    transform: (chunk: Buffer, _encoding: string, done: TransformCallback) => {
      held.push(chunk)
      done()
    },
    flush: (done: TransformCallback) => {
      try {
        done(null, make(Buffer.concat(held)))
      } catch (thrown) {
        done(thrown instanceof Error ? thrown : new Error(String(thrown)))
      }
    },
  })
}

export const createGzip = (): Transform => atTheEnd((all) => gzipSync(all))

export const createGunzip = (): Transform => atTheEnd((all) => gunzipSync(all))
