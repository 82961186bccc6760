/** A file that sinks write, and the hands of everybody else on it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'

export interface DocumentOnDisk {
  readonly path: string
  readonly json: () => unknown
  /** In place and not atomically, as editors do. */
  readonly overwrite: (json: unknown) => void
  /** Another number whenever the file was replaced. */
  readonly generation: () => number
}

export const documentOnDisk = (path: string): DocumentOnDisk => ({
  path,
  json: () => JSON.parse(readFileSync(path, 'utf8')) as unknown,
  overwrite: (json) => writeFileSync(path, JSON.stringify(json, null, 2)),
  generation: () => statSync(path, { throwIfNoEntry: false })?.ino ?? 0,
})
