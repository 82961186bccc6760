import type { Millis } from '../../src/core/clock.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import type { Overview } from '../../src/inspector/overview.js'
import type { TableName, Tables } from '../../src/inspector/tables.js'
import type { Place } from '../app/place.js'
import type { Go } from '../app/use-place.js'
import { ExplanationView } from '../explain/explanation-view.js'
import { useExplanation } from '../explain/use-explanation.js'
import type { Column } from '../table/column.js'
import { WindowedTable } from '../table/windowed-table.js'
import { columns } from './columns/columns.js'
import { type TableView, tableViews } from './table-views.js'

export interface TablePageProps {
  readonly inspector: Inspector
  readonly overview: Overview
  readonly place: Place
  readonly go: Go
}

interface OneTableProps<K extends TableName> extends TablePageProps {
  readonly view: TableView<K>
  readonly shown: readonly Column<Tables[K]>[]
}

const now = (at: Millis | undefined, overview: Overview): Millis => at ?? overview.at

const OneTable = <K extends TableName>({ inspector, overview, place, go, view, shown }: OneTableProps<K>) => (
  <WindowedTable
    key={view.table}
    inspector={inspector}
    table={view.table}
    label={view.title}
    columns={shown}
    filter={place.filter}
    at={place.at}
    revision={overview.revision}
    context={{ now: now(place.at, overview) }}
    none={view.none}
    question={view.question}
    asked={place.question}
    open={(question) => go({ question })}
  />
)

const Table = ({ table, ...props }: TablePageProps & { readonly table: TableName }) => {
  switch (table) {
    case 'backends':
      return <OneTable {...props} view={tableViews.backends} shown={columns.backends} />
    case 'endpoints':
      return <OneTable {...props} view={tableViews.endpoints} shown={columns.endpoints} />
    case 'tasks':
      return <OneTable {...props} view={tableViews.tasks} shown={columns.tasks} />
    case 'plan':
      return <OneTable {...props} view={tableViews.plan} shown={columns.plan} />
    case 'unresolved':
      return <OneTable {...props} view={tableViews.unresolved} shown={columns.unresolved} />
    case 'drift':
      return <OneTable {...props} view={tableViews.drift} shown={columns.drift} />
    case 'sources':
      return <OneTable {...props} view={tableViews.sources} shown={columns.sources} />
    case 'deployments':
      return <OneTable {...props} view={tableViews.deployments} shown={columns.deployments} />
    case 'neverIn':
      return <OneTable {...props} view={tableViews.neverIn} shown={columns.neverIn} />
  }
}

/** A table with its filter, and beside it what is explained. */
export const TablePage = ({ table, ...props }: TablePageProps & { readonly table: TableName }) => {
  const { inspector, overview, place, go } = props
  const answer = useExplanation(inspector, place.question, place.at, overview.revision)
  const isOpen = place.question !== ''
  return (
    <div
      class={`table-page${isOpen ? ' open' : ''}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpen) go({ question: '' })
      }}
    >
      <div class="bar">
        <h1>{tableViews[table].title}</h1>
        <input
          type="search"
          class="filter"
          placeholder="Filter"
          aria-label={`Filter ${tableViews[table].title.toLowerCase()}`}
          value={place.filter}
          onInput={({ currentTarget }) => go({ filter: currentTarget.value }, 'replace')}
        />
      </div>
      <Table table={table} {...props} />
      {isOpen && (
        <aside class="panel" aria-label="Explanation">
          <div class="panel-bar">
            <span class="kind">Why it is so</span>
            <button type="button" class="close" onClick={() => go({ question: '' })}>
              Close
            </button>
          </div>
          <div class="scrolls" tabIndex={0} role="region" aria-label="The answer">
            <ExplanationView answer={answer} ask={(question) => go({ question })} />
          </div>
        </aside>
      )}
    </div>
  )
}
