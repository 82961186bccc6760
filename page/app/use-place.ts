import { useCallback, useEffect, useState } from 'preact/hooks'
import { type Place, placeIn, searchOf } from './place.js'

export type Go = (to: Partial<Place>, how?: 'push' | 'replace') => void

/** The place in the address bar, and how to go to another one. */
export const usePlace = (): readonly [Place, Go] => {
  const [place, setPlace] = useState(() => placeIn(location.search))
  useEffect(() => {
    const back = (): void => setPlace(placeIn(location.search))
    addEventListener('popstate', back)
    return () => removeEventListener('popstate', back)
  }, [])
  const go = useCallback<Go>((to, how = 'push') => {
    setPlace((from) => {
      const next = { ...from, ...to }
      const address = `${location.pathname}${searchOf(next)}`
      try {
        if (how === 'push') history.pushState(null, '', address)
        else history.replaceState(null, '', address)
      } catch {
        // Some browsers refuse it for files, and all of them if it is asked for too often. The page works without.
      }
      return next
    })
  }, [])
  return [place, go]
}
