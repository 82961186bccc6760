import { useEffect, useState } from 'preact/hooks'
import type { Observable } from 'rxjs'

/** The newest value; `undefined` before the first. */
export const useObservable = <A>(values$: Observable<A>): A | undefined => {
  const [value, setValue] = useState<A | undefined>(undefined)
  useEffect(() => {
    const subscription = values$.subscribe((next) => setValue(() => next))
    return () => subscription.unsubscribe()
  }, [values$])
  return value
}
