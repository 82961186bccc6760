import type { Change, Sink } from './sink.js'

/** What a change does to the endpoints that a record points to. */
export interface Effect {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** How many there are after it. */
  readonly now: number
}

const placesOf = <V>(
  { endpointsOf, hostsOf }: Pick<Sink<V>, 'endpointsOf' | 'hostsOf'>,
  value: V | undefined,
): ReadonlySet<string> => new Set(value === undefined ? [] : (endpointsOf?.(value) ?? hostsOf?.(value) ?? []))

/** `+2 −1 → 5`: how many endpoints were added and removed, and how many there are then. */
export const effectText = ({ added, removed, now }: Effect): string =>
  [
    ...(added.length > 0 ? [`+${added.length}`] : []),
    ...(removed.length > 0 ? [`−${removed.length}`] : []),
    `→ ${now}`,
  ].join(' ')

/** Tells what a change adds and removes; `undefined` for a sink whose records point to nothing. */
export const effectOf = <V>(
  sink: Pick<Sink<V>, 'endpointsOf' | 'hostsOf'>,
  change: Change<V>,
): Effect | undefined => {
  if (sink.endpointsOf === undefined && sink.hostsOf === undefined) return undefined
  const before = placesOf(sink, change._tag === 'Create' ? undefined : change.before.value)
  const after = placesOf(sink, change._tag === 'Delete' ? undefined : change.after)
  return {
    added: [...after].filter((place) => !before.has(place)),
    removed: [...before].filter((place) => !after.has(place)),
    now: after.size,
  }
}
