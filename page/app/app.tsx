import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Inspector } from '../../src/inspector/inspector.js'
import type { Overview } from '../../src/inspector/overview.js'
import { DifferenceView } from '../views/difference-view.js'
import { NowView } from '../views/now-view.js'
import { SearchView } from '../views/search-view.js'
import { TablePage } from '../views/table-page.js'
import { tableOf } from '../views/table-views.js'
import { type LagHistory, noHistory, remembered } from './lag-history.js'
import { Navigation } from './navigation.js'
import type { Place } from './place.js'
import { SearchBox } from './search-box.js'
import { TimeBar } from './time-bar.js'
import { useObservable } from './use-observable.js'
import { type Go, usePlace } from './use-place.js'

export interface AppProps {
  readonly inspector: Inspector
  /** What went wrong with the connection, for people; `undefined` while it works. */
  readonly trouble?: string | undefined
  /** What stands above the view `now`, such as the controls of a simulation. */
  readonly stage?: ComponentChildren
}

interface MainProps {
  readonly inspector: Inspector
  readonly overview: Overview
  readonly history: LagHistory
  readonly place: Place
  readonly go: Go
}

const Main = ({ history, ...props }: MainProps) => {
  const { inspector, overview, place, go } = props
  const table = tableOf(place.view)
  if (table !== undefined) return <TablePage table={table} {...props} />
  switch (place.view) {
    case 'search':
      return <SearchView {...props} />
    case 'difference':
      return (
        <DifferenceView
          inspector={inspector}
          since={place.since}
          at={place.at}
          open={(question) => go({ view: 'backends', question })}
        />
      )
    case 'now':
    case 'backends':
    case 'endpoints':
    case 'tasks':
    case 'plan':
    case 'unresolved':
    case 'drift':
    case 'sources':
    case 'deployments':
    case 'never-in':
      return <NowView overview={overview} history={history} isPast={place.at !== undefined} go={go} />
  }
}

const Status = ({
  overview,
  trouble,
}: {
  readonly overview: Overview | undefined
  readonly trouble: string | undefined
}) => {
  if (trouble !== undefined)
    return (
      <span class="status status-trouble" role="status">
        {trouble}
      </span>
    )
  if (overview === undefined)
    return (
      <span class="status" role="status">
        Loading …
      </span>
    )
  return (
    <span class={`status status-${overview.complete ? 'complete' : 'incomplete'}`} role="status">
      {overview.complete ? 'complete' : 'incomplete'}
    </span>
  )
}

/** The whole page. */
export const App = ({ inspector, trouble, stage }: AppProps) => {
  const [place, go] = usePlace()
  const overview = useObservable(inspector.overview$)
  const [history, setHistory] = useState(noHistory)
  useEffect(() => {
    if (overview !== undefined) setHistory((before) => remembered(before, overview))
  }, [overview])
  useEffect(() => {
    if (overview !== undefined) document.title = `${overview.worker} · Inspector`
  }, [overview?.worker])
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <strong class="worker">{overview?.worker ?? 'Inspector'}</strong>
        <SearchBox question={place.view === 'search' ? place.question : ''} go={go} />
        <Status overview={overview} trouble={trouble} />
      </header>
      <Navigation overview={overview} place={place} go={go} />
      <main id="main" tabIndex={-1}>
        {place.view === 'now' && stage}
        {overview === undefined ? (
          <p class="hint">Loading …</p>
        ) : (
          <Main inspector={inspector} overview={overview} history={history} place={place} go={go} />
        )}
      </main>
      <TimeBar journal={overview?.journal} place={place} go={go} />
    </div>
  )
}
