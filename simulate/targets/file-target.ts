import { traefikDocument, traefikElements } from '../../src/sinks/traefik/elements/traefik-elements.js'
import { atomicFile } from '../../src/sinks/document/atomic-file.js'
import { documentIn } from '../../src/sinks/document/file-document.js'
import type { FileSystem } from '../../src/sinks/document/file-system.js'
import { Violation } from '../checks/violation.js'
import type { Machine } from '../disk/machine.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import { FileStranger, type FileStrangerOptions } from './file-stranger.js'
import type { TargetObserver, WrittenTarget } from './simulated-target.js'
import type { TargetRecord } from './target-record.js'
import { changesBetween, partOf, recordKey, recordsIn } from './traefik-records.js'

export const documentPath = '/dynamic/ecs.yml'

export type FileTargetOptions = Omit<FileStrangerOptions, 'file'> & { readonly machine: Machine }

/** A file of a machine, as Traefik's file provider reads it: whenever it changes. */
export class FileTarget implements WrittenTarget {
  readonly _tag = 'Written'
  readonly stranger: FileStranger
  readonly #machine: Machine
  #text: string | undefined
  #records: ReadonlyMap<string, TargetRecord> = new Map()

  constructor(
    options: FileTargetOptions,
    private readonly observer: TargetObserver,
  ) {
    this.#machine = options.machine
    this.stranger = new FileStranger({
      ...options,
      file: {
        read: () => this.#machine.text(documentPath),
        replace: (text) => this.#machine.replace(documentPath, text),
      },
    })
  }

  /** Traefik starts. */
  start(): void {
    this.#machine.watch((by) => this.#look(by))
  }

  records(): Iterable<TargetRecord> {
    return this.#records.values()
  }

  recordKey(key: string): string {
    return recordKey(key)
  }

  readParts(key: string, value: unknown): readonly string[] {
    return [partOf(key, value)]
  }

  #look(by: SimulatedProcess | undefined): void {
    const text = this.#machine.text(documentPath)
    if (text === this.#text) return
    const before = this.#records
    if (by !== undefined && this.stranger.hasAll)
      this.observer.defect(
        new Violation('nothing of others is touched', `${by.name} wrote into a file of another owner`),
      )
    try {
      this.#records = text === undefined ? new Map() : recordsIn(text, before)
    } catch {
      this.observer.defect(
        new Violation(
          'readers see whole documents',
          `${by?.name ?? 'nobody'} left ${text?.length} bytes, the last of which are ${text?.slice(-100)}`,
        ),
      )
      return
    }
    this.#text = text
    for (const change of changesBetween(before, this.#records))
      if (by === undefined) this.observer.noted(change)
      else this.observer.wrote({ ...change, by })
  }
}

/** What `traefikFile` makes. `hasRead` is called whenever the worker has read the file as a whole. */
export const fileSink = (files: FileSystem, { random }: SimulatedProcess, hasRead: () => void) => {
  const atomic = atomicFile(documentPath, { files, newId: () => random.uuid() })
  const file = documentIn(atomic, { path: documentPath, format: traefikDocument })
  return {
    name: 'traefik-file',
    adopt: false,
    ...traefikElements({}),
    ...file,
    read: async (signal: AbortSignal) => {
      const rows = await file.read(signal)
      hasRead()
      return rows
    },
  }
}
