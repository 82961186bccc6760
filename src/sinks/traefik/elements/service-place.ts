import { type ElementKey, elementKey } from '../grammar/element.js'

/** A service's section, and its name there. */
export interface ServicePlace {
  readonly section: 'http' | 'tcp' | 'udp'
  readonly service: string
}

/** The name of a service's backend: its own for HTTP, `tcp/<name>` or `udp/<name>` otherwise. */
export const backendOfService = ({ section, service }: ServicePlace): string =>
  section === 'http' ? service : `${section}/${service}`

const placeOf = (backend: string): ServicePlace => {
  if (backend.startsWith('tcp/')) return { section: 'tcp', service: backend.slice(4) }
  if (backend.startsWith('udp/')) return { section: 'udp', service: backend.slice(4) }
  return { section: 'http', service: backend }
}

const keyOf = ({ section, service }: ServicePlace): ElementKey => elementKey(section, 'services', service)

/** The keys of all services that a backend of this name may be. */
export const serviceKeysOf = (backend: string): readonly ElementKey[] => {
  const place = placeOf(backend)
  return place.section === 'http' ? [keyOf(place), keyOf({ ...place, section: 'udp' })] : [keyOf(place)]
}
