import type { Overview } from '../../src/inspector/overview.js'
import { tableOf } from '../views/table-views.js'
import { number } from './format.js'
import { type Place, searchOf, type View, views } from './place.js'
import type { Go } from './use-place.js'
import { Whole } from './whole.js'

const titles: Readonly<Record<View, string>> = {
  now: 'Now',
  search: 'Why',
  backends: 'Backends',
  endpoints: 'Endpoints',
  tasks: 'Tasks',
  plan: 'Plan',
  unresolved: 'Unresolved',
  drift: 'Drift',
  sources: 'Sources',
  deployments: 'Deployments',
  'never-in': 'Never got in',
  difference: 'Difference',
}

/** Views whose rows are problems. */
const problems: ReadonlySet<View> = new Set(['unresolved', 'drift'])

export interface NavigationProps {
  readonly overview: Overview | undefined
  readonly place: Place
  readonly go: Go
}

export const Navigation = ({ overview, place, go }: NavigationProps) => (
  <nav aria-label="Views">
    <ul>
      {views.map((view) => {
        const table = tableOf(view)
        const count = table === undefined ? undefined : overview?.counts[table]
        const to = { ...place, view, filter: '', question: '' }
        const isProblem = problems.has(view) && count !== undefined && count > 0
        return (
          <li key={view}>
            <a
              href={searchOf(to) || '?'}
              aria-current={view === place.view ? 'page' : undefined}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return
                event.preventDefault()
                go(to)
              }}
            >
              <span>{titles[view]}</span>
              {count !== undefined && (
                <span class={`count${isProblem ? ' problem' : ''}`}>
                  <Whole text={number(count)} />
                </span>
              )}
            </a>
          </li>
        )
      })}
    </ul>
  </nav>
)
