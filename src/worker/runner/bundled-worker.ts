import type { DefinedWorker } from './worker.js'

/** A worker that the command can start by name. */
export interface BundledWorker {
  readonly name: string
  readonly summary: string
  /** Loaded on demand, so that a worker loads only the SDKs that it uses. */
  load(): Promise<DefinedWorker>
}
