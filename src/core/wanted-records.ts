import type { Backend } from './desired.js'
import { PersistentMap } from './persistent-map.js'
import { SetIndex } from './set-index.js'
import type { Sink } from './sink.js'
import { type Sliced, sliceSize } from './sliced.js'

type Rendering<V> = Pick<Sink<V>, 'render' | 'parts'>

/** The name of the one part of a sink that has no parts. */
const whole = ''

/** A desired record. */
export interface Wanted<V> {
  /** The part that was rendered to it. */
  readonly part: string
  readonly value: V
}

/**
 * The records that a sink desires, kept as `Sink.render` would give them for the newest backends and the target's
 * records. Only the parts of which a backend or a record has changed are rendered again.
 */
export class WantedRecords<V> {
  readonly #wanted = new Map<string, Wanted<V>>()
  /** The keys that each part was rendered to. */
  readonly #rendered = new Map<string, readonly string[]>()
  /** The names of each part's backends, and the keys of the records that it depends on. Empty without parts. */
  readonly #backends = new SetIndex()
  readonly #records = new SetIndex()
  #newest = PersistentMap.empty<Backend>()
  /** The parts to render, and the keys whose desired record changed since `render` returned last. */
  readonly #stale = new Set<string>()
  #changed = new Set<string>()

  /** `held`: the values of the target's records, always as they are now. */
  constructor(
    private readonly sink: Rendering<V>,
    private readonly held: ReadonlyMap<string, V>,
  ) {
    if (sink.parts === undefined) this.#stale.add(whole)
  }

  get(key: string): V | undefined {
    return this.#wanted.get(key)?.value
  }

  /** All of them as they are now, with the parts that were rendered to them. */
  all(): ReadonlyMap<string, Wanted<V>> {
    return new Map(this.#wanted)
  }

  /** The keys that a part was rendered to, and those of the records that depend on it. Needs a sink with parts. */
  keysOfPart(part: string): readonly string[] {
    return [...new Set([...(this.#rendered.get(part) ?? []), ...this.#records.of(part)])]
  }

  /** Called when `held` has changed. `undefined`: there was, or is, no record. */
  recordChanged(key: string, before: V | undefined, after: V | undefined): void {
    const { parts } = this.sink
    if (parts === undefined) {
      this.#stale.add(whole)
      return
    }
    const was = before === undefined ? [] : parts.ofRecord(key, before)
    const is = after === undefined ? [] : parts.ofRecord(key, after)
    for (const part of was) this.#records.remove(part, key)
    for (const part of is) this.#records.add(part, key)
    if (after !== undefined && this.#isWholePart(key, after, was, is)) return
    for (const part of [...was, ...is]) this.#stale.add(part)
  }

  /**
   * Whether the record is all that its part was rendered to. Rendering onto what was rendered changes nothing, as
   * `sinkContract` demands, so it need not be done after each write.
   */
  #isWholePart(
    key: string,
    value: V,
    was: readonly string[],
    [part = whole, ...others]: readonly string[],
  ): boolean {
    return (
      this.#wanted.get(key)?.value === value &&
      others.length === 0 &&
      was.every((each) => each === part) &&
      this.#rendered.get(part)?.length === 1 &&
      this.#rendered.get(part)?.[0] === key
    )
  }

  /** Renders what changed. Returns the keys whose desired record is, or may be, another one than before. */
  *render(backends: PersistentMap<Backend>): Sliced<ReadonlySet<string>> {
    this.#learn(backends)
    let work = 0
    for (const part of this.#stale) {
      if (work >= sliceSize) {
        work = 0
        yield
      }
      work += this.#renderPart(part)
    }
    this.#stale.clear()
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  #learn(backends: PersistentMap<Backend>): void {
    const { parts } = this.sink
    if (backends === this.#newest) return
    if (parts === undefined) this.#stale.add(whole)
    else
      backends.diff(this.#newest, (name, before, after) => {
        const was = before === undefined ? undefined : parts.ofBackend(before)
        const is = after === undefined ? undefined : parts.ofBackend(after)
        if (was !== undefined) this.#stale.add(was)
        if (is !== undefined) this.#stale.add(is)
        if (was === is) return
        if (was !== undefined) this.#backends.remove(was, name)
        if (is !== undefined) this.#backends.add(is, name)
      })
    this.#newest = backends
  }

  /** Returns how many endpoints it rendered, and at least 1. */
  #renderPart(part: string): number {
    const backends = this.#backendsOf(part)
    const records = this.sink.render(backends, this.#heldOf(part))
    for (const key of this.#rendered.get(part) ?? [])
      if (!records.has(key) && this.#wanted.get(key)?.part === part) {
        this.#wanted.delete(key)
        this.#changed.add(key)
      }
    for (const [key, value] of records) {
      const known = this.#wanted.get(key)
      if (known?.value !== value) this.#changed.add(key)
      if (known?.value !== value || known.part !== part) this.#wanted.set(key, { part, value })
    }
    if (records.size === 0) this.#rendered.delete(part)
    else this.#rendered.set(part, [...records.keys()])
    let endpoints = 1
    for (const backend of backends.values()) endpoints += backend.endpoints.length
    return endpoints
  }

  #backendsOf(part: string): PersistentMap<Backend> {
    if (this.sink.parts === undefined) return this.#newest
    let backends = PersistentMap.empty<Backend>()
    for (const name of this.#backends.of(part)) {
      const backend = this.#newest.get(name)
      if (backend !== undefined) backends = backends.set(name, backend)
    }
    return backends
  }

  #heldOf(part: string): ReadonlyMap<string, V> {
    if (this.sink.parts === undefined) return this.held
    const held = new Map<string, V>()
    for (const key of this.#records.of(part)) {
      const value = this.held.get(key)
      if (value !== undefined) held.set(key, value)
    }
    return held
  }
}
