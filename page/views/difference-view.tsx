import { useEffect, useState } from 'preact/hooks'
import type { Millis } from '../../src/core/clock.js'
import { type Inspector, mostRows } from '../../src/inspector/inspector.js'
import type { EndpointRow } from '../../src/inspector/tables.js'
import { counted, moment, number } from '../app/format.js'
import { type BackendDifference, differenceOf } from './difference.js'

/** More endpoints are not compared: the page would be busy for seconds. */
const mostCompared = 5_000

const endpointsAt = async (inspector: Inspector, at: Millis | undefined): Promise<readonly EndpointRow[]> => {
  const rows: EndpointRow[] = []
  for (;;) {
    const query = { from: rows.length, count: mostRows, ...(at === undefined ? {} : { at }) }
    const page = await inspector.rows('endpoints', query)
    rows.push(...page.rows)
    if (page.rows.length === 0 || rows.length >= Math.min(page.total, mostCompared)) return rows
  }
}

interface Compared {
  readonly differences: readonly BackendDifference[]
  readonly isCut: boolean
}

export interface DifferenceProps {
  readonly inspector: Inspector
  readonly since: Millis | undefined
  readonly at: Millis | undefined
  readonly open: (backend: string) => void
}

const Backend = ({
  one,
  open,
}: {
  readonly one: BackendDifference
  readonly open: (backend: string) => void
}) => (
  <li class="changed">
    <h2>
      <button type="button" class="ask" onClick={() => open(one.backend)}>
        {one.backend}
      </button>
      <span class="faint">{number(one.kept)} the same</span>
    </h2>
    <ul class="mono">
      {one.removed.map(({ address, task }) => (
        <li key={`-${address} ${task}`} class="place-old">
          − {address}
        </li>
      ))}
      {one.added.map(({ address, task }) => (
        <li key={`+${address} ${task}`} class="place-new">
          + {address}
        </li>
      ))}
    </ul>
  </li>
)

/** The endpoints that came and went between two moments. */
export const DifferenceView = ({ inspector, since, at, open }: DifferenceProps) => {
  const [compared, setCompared] = useState<Compared | undefined>(undefined)
  const [error, setError] = useState<string | undefined>(undefined)
  useEffect(() => {
    if (since === undefined) return undefined
    let isCurrent = true
    Promise.all([endpointsAt(inspector, since), endpointsAt(inspector, at)]).then(
      ([before, after]) => {
        if (!isCurrent) return
        setError(undefined)
        const isCut = Math.max(before.length, after.length) >= mostCompared
        setCompared({ differences: differenceOf(before, after), isCut })
      },
      (thrown: unknown) => {
        if (isCurrent) setError(thrown instanceof Error ? thrown.message : String(thrown))
      },
    )
    return () => {
      isCurrent = false
    }
  }, [inspector, since, at])
  if (since === undefined)
    return (
      <div class="difference">
        <h1>Difference</h1>
        <p class="hint">
          Go to a moment of the journal, and choose “Compare from here”. Then go to another one.
        </p>
      </div>
    )
  return (
    <div class="difference">
      <h1>Difference</h1>
      <p class="faint mono">
        {moment(since)} → {at === undefined ? 'now' : moment(at)}
      </p>
      {error !== undefined && (
        <p class="failed" role="alert">
          {error}
        </p>
      )}
      {compared !== undefined && (
        <>
          <p aria-live="polite">
            {compared.differences.length === 0
              ? 'The same endpoints.'
              : `${counted(compared.differences.length, 'backend')} changed.`}
            {compared.isCut && ` Only the first ${number(mostCompared)} endpoints are compared.`}
          </p>
          <ul class="plain">
            {compared.differences.map((one) => (
              <Backend key={one.backend} one={one} open={open} />
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
