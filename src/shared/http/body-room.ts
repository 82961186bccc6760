export interface BodyRoomOptions {
  /** Of all bodies together. */
  readonly bytes: number
  /** Of all bodies of one client. */
  readonly bytesPerClient: number
  /** What a request costs beside its body. */
  readonly bytesPerRequest: number
}

/** What one request takes of the room, from its head until its verdict. */
export interface BodyPlace {
  /** Aborts when the place is given up, for whatever reason. */
  readonly signal: AbortSignal
  /** Whether it was given up to make room for others. */
  readonly isLetGo: boolean
  /** Takes so many bytes more, if need be those of others. `false`: the room is not large enough for this body. */
  grow(bytes: number): boolean
  /** Nothing more will come. What is whole is let go after what is not. */
  complete(): void
  /** Gives back what it took. */
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
 * Memory for bodies that are read and judged, counted as their bytes arrive. When there is none left, the body that has
 * been arriving for the longest is let go, and if all have arrived the one that has waited for its verdict for the
 * longest; a client that has reached its own bound loses one of its own.
 *
 * Genuine senders send a body within milliseconds. So however many bodies are never finished, the next one has room: to
 * crowd it out, a flood would have to send as much as the whole room while it arrives.
 */
export class BodyRoom {
  /** In the order in which they came. */
  readonly #places = new Set<Place>()
  readonly #bytesOf = new Map<string, number>()
  #bytes = 0

  constructor(private readonly options: BodyRoomOptions) {}

  /** Bytes that are taken. */
  get bytes(): number {
    return this.#bytes
  }

  /** A place for a request of this client. */
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
