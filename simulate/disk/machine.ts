import { posix } from 'node:path'
import type { Millis } from '../../src/core/clock.js'
import type { Disk } from '../../src/journal/directory/disk.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import { DiskContent, type StoredFile, systemError } from './disk-content.js'
import type { FileSystem } from '../../src/sinks/document/file-system.js'
import { appendTo, type DiskConduct, SimulatedDisk } from './simulated-disk.js'
import { SimulatedFiles } from './simulated-files.js'

interface Write {
  readonly file: StoredFile
  readonly data: Buffer
}

/** A machine with a disk, on which one process after the other runs. Its disk fails, fills up, is slow and loses power. */
export class Machine {
  readonly #content = new DiskContent()
  /** By process: what it is writing. */
  readonly #writes = new Map<string, Set<Write>>()
  #fullUntil: Millis = 0
  #watcher: (by: SimulatedProcess | undefined) => void = () => undefined

  constructor(
    private readonly timeline: Timeline,
    private readonly faults: Faults,
  ) {}

  /** Its disk, for the journal of a process. */
  disk(process: SimulatedProcess): Disk {
    return new SimulatedDisk(this.#content, this.#conduct(process))
  }

  /** Its disk, for a document that a process writes. */
  files(process: SimulatedProcess): FileSystem {
    const { faults } = this
    this.#content.mkdir('/dynamic')
    return new SimulatedFiles(this.#content, {
      ...this.#conduct(process),
      faults,
      changed: () => this.#watcher(process),
    })
  }

  #conduct(process: SimulatedProcess): DiskConduct {
    const writes = this.#writes.get(process.name) ?? new Set<Write>()
    this.#writes.set(process.name, writes)
    const { timeline } = this
    return {
      now: () => timeline.now,
      access: (call, path, make) => this.#access(process, call, path, make),
      room: (_, bytes) => this.#room(process, bytes),
      writing: (file, data) => {
        const write = { file, data }
        writes.add(write)
        return () => writes.delete(write)
      },
    }
  }

  /** Has somebody look whenever a document may be another: by a process, or by nobody's. */
  watch(watcher: (by: SimulatedProcess | undefined) => void): void {
    this.#watcher = watcher
  }

  /** What a file says now. */
  text(path: string): string | undefined {
    return this.#content.has(path) ? this.#content.file(path, 'open').bytes.toString() : undefined
  }

  /** Another program replaces a file, or deletes it: at once, and for good. */
  replace(path: string, text: string | undefined): void {
    const content = this.#content
    if (content.has(path)) content.unlink(path)
    if (text !== undefined) {
      const file = content.create(path, this.timeline.now)
      appendTo(file, Buffer.from(text), this.timeline.now)
      file.synced = file.bytes.length
    }
    content.syncDirectory(posix.dirname(path))
    this.#watcher(undefined)
  }

  /** Its disk, as it is now: every call is made at once. */
  get quietDisk(): Disk {
    return new SimulatedDisk(this.#content, {
      now: () => this.timeline.now,
      access: (_call, _path, make) => new Promise((resolve) => resolve(make())),
      room: (_, bytes) => bytes,
      writing: () => () => undefined,
    })
  }

  /** The process was killed, perhaps because the power has failed. */
  killed(process: SimulatedProcess): void {
    const { faults, timeline } = this
    const dice = faults.dice('power-failure')
    const writes = this.#writes.get(process.name)
    // It has not used the disk.
    if (writes === undefined) return
    for (const { file, data } of writes)
      appendTo(file, data.subarray(0, dice.int(data.length + 1)), timeline.now)
    this.ended(process)
    if (faults.happens('power-failure', 0.5, process.name)) this.#content.failPower(() => dice.next())
    this.#watcher(undefined)
  }

  ended(process: SimulatedProcess): void {
    this.#writes.delete(process.name)
  }

  #access<A>(process: SimulatedProcess, call: string, path: string, make: () => A): Promise<A> {
    const { timeline, faults } = this
    return new Promise((resolve, reject) => {
      if (!process.moment()) return
      timeline.after(this.#latency(process, call), () => {
        if (!process.moment()) return
        try {
          if (faults.happens('disk-error', 0.003, `${process.name} ${call}`))
            throw systemError('EIO', call, path)
          resolve(make())
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
        }
      })
    })
  }

  /** A disk that is full takes a part of a write. It stays full until somebody makes room. */
  #room(process: SimulatedProcess, bytes: number): number {
    const { timeline, faults } = this
    if (faults.happens('disk-full', 0.002, process.name))
      this.#fullUntil = timeline.now + 900_000 * faults.dice('disk-full').next() ** 2
    const isFull = faults.roughness > 0 && this.#fullUntil > timeline.now
    return isFull ? faults.dice('disk-full').int(bytes) : bytes
  }

  /** A tenth of a millisecond, and seconds for a few. */
  #latency(process: SimulatedProcess, call: string): Millis {
    const { faults } = this
    const usual = call === 'fdatasync' || call === 'fsync' ? 2 : 0.1
    return faults.happens('slow-disk', 0.005, `${process.name} ${call}`)
      ? usual + 8_000 * faults.dice('slow-disk').next() ** 2
      : usual
  }
}
