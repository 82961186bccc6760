const scheme = /^[a-z][a-z0-9+.-]*:\/\//i
/** `[user@]host`; the host is a name or an address, with IPv6 in brackets. */
const placeForm = /^(?:[^/?#@]*@)?(?:\[([^\]]+)\]|([^:/?#[\]]+))/

/** The host of `10.0.0.1:80`, `[fd00::1]:80` or a URL, as spelled there, IPv6 without brackets; `undefined` if none. */
export const hostIn = (place: string): string | undefined => {
  const [, bracketed, plain] = placeForm.exec(place.replace(scheme, '')) ?? []
  return bracketed ?? plain
}

/** The hosts of several addresses or URLs, without duplicates. */
export const hostsIn = (places: readonly string[]): readonly string[] => [
  ...new Set(places.flatMap((place) => hostIn(place) ?? [])),
]
