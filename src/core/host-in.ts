const scheme = /^[a-z][a-z0-9+.-]*:\/\//i
/** `[user@]host`, a name or an address; version 6 in brackets. */
const placeForm = /^(?:[^/?#@]*@)?(?:\[([^\]]+)\]|([^:/?#[\]]+))/

/**
 * The host of `10.0.0.1:80`, `[fd00::1]:80` or a URL, spelled as it is there, version 6 without brackets; `undefined`
 * where there is none.
 */
export const hostIn = (place: string): string | undefined => {
  const [, bracketed, plain] = placeForm.exec(place.replace(scheme, '')) ?? []
  return bracketed ?? plain
}

/** The hosts of several places, each once. */
export const hostsIn = (places: readonly string[]): readonly string[] => [
  ...new Set(places.flatMap((place) => hostIn(place) ?? [])),
]
