export interface BodyRoomOptions {
  /** Maximum number of bytes of all bodies together. */
  readonly bytes: number
  /** Maximum number of bytes of all bodies of one client. */
  readonly bytesPerClient: number
  /** The cost of a request in addition to its body. */
  readonly bytesPerRequest: number
}

/** The memory reserved for one request, from its head until its response is decided. */
export interface BodyPlace {
  /** Aborts when the place is released, for any reason. */
  readonly signal: AbortSignal
  /** Whether it was evicted to make room for others. */
  readonly isLetGo: boolean
  /** Reserves more bytes, evicting other bodies if needed. Returns false if the room is too small for this body. */
  grow(bytes: number): boolean
  /** Marks the body as complete. Incomplete bodies are evicted before complete ones. */
  complete(): void
  /** Releases the reserved bytes. */
  leave(): void
}

class Place implements BodyPlace {
  readonly #controller = new AbortController()
  isLetGo = false
  isWhole = false
  bytes = 0

  constructor(
    readonly client: string,
    private readonly room: BodyRoom,
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  grow(bytes: number): boolean {
    return this.room.grow(this, bytes)
  }

  complete(): void {
    this.isWhole = true
  }

  leave(): void {
    this.room.leave(this)
    this.#controller.abort()
  }

  letGo(): void {
    this.isLetGo = true
    this.leave()
  }
}

/**
 * Bounds the memory for request bodies, counted as their bytes arrive. When the room is full, it evicts the body that
 * has been arriving for the longest, or, if all are complete, the one that has waited the longest for its response to
 * be decided. A client at its own limit loses one of its own bodies.
 *
 * Genuine senders send a body within milliseconds. However many bodies stay unfinished, the next one therefore has
 * room: to crowd it out, a flood would have to send as much as the whole room while it arrives.
 */
export class BodyRoom {
  /** In the order of arrival. */
  readonly #places = new Set<Place>()
  readonly #bytesOf = new Map<string, number>()
  #bytes = 0

  constructor(private readonly options: BodyRoomOptions) {}

  /** The number of reserved bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Reserves a place for a request of this client. */
  enter(client: string): BodyPlace {
    const place = new Place(client, this)
    this.#places.add(place)
    if (!this.grow(place, this.options.bytesPerRequest)) place.letGo()
    return place
  }

  grow(place: Place, bytes: number): boolean {
    if (!this.#places.has(place)) return false
    const { client } = place
    while ((this.#bytesOf.get(client) ?? 0) + bytes > this.options.bytesPerClient)
      if (!this.#letGoAnother(place, (other) => other.client === client)) return false
    while (this.#bytes + bytes > this.options.bytes) if (!this.#letGoAnother(place, () => true)) return false
    place.bytes += bytes
    this.#count(client, bytes)
    return true
  }

  leave(place: Place): void {
    if (this.#places.delete(place)) this.#count(place.client, -place.bytes)
  }

  #count(client: string, bytes: number): void {
    this.#bytes += bytes
    const left = (this.#bytesOf.get(client) ?? 0) + bytes
    if (left === 0) this.#bytesOf.delete(client)
    else this.#bytesOf.set(client, left)
  }

  #letGoAnother(place: Place, may: (other: Place) => boolean): boolean {
    let oldestWhole: Place | undefined
    for (const other of this.#places) {
      if (other === place || !may(other)) continue
      if (!other.isWhole) {
        other.letGo()
        return true
      }
      oldestWhole ??= other
    }
    oldestWhole?.letGo()
    return oldestWhole !== undefined
  }
}
