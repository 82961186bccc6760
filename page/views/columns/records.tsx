/** What the records of targets are, and what they become. */
import type { Listed } from '../../../src/core/explain/backend-explanation.js'
import { number } from '../../app/format.js'
import { Ago, Faint } from '../../table/cells.js'
import type { TableColumns } from './table-columns.js'

const listedText = ({ first, more }: Listed<string>): string =>
  `${first.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}`

const Places = ({
  places,
  others,
  sign,
}: {
  readonly places: Listed<string>
  readonly others: Listed<string>
  readonly sign: string
}) => {
  const there = new Set(others.first)
  const own = places.first.filter((place) => !there.has(place))
  return (
    <span class="places" title={listedText(places)}>
      {own.length === 0 ? (
        <Faint text={places.first.length === 0 ? '–' : 'the same'} />
      ) : (
        own.map((place) => (
          <span key={place} class={`place place-${sign === '+' ? 'new' : 'old'}`}>
            {sign}
            {place}
          </span>
        ))
      )}
    </span>
  )
}

export const planColumns: TableColumns<'plan'> = [
  {
    name: 'Change',
    kind: 'tags',
    cell: ({ change }) => <span class={`tag change-${change}`}>{change}</span>,
  },
  { name: 'Record', kind: 'id main', cell: ({ key }) => key },
  { name: 'Target', kind: 'text', cell: ({ target }) => target },
  {
    name: 'Before',
    kind: 'id',
    cell: ({ before, after }) => <Places places={before} others={after} sign="−" />,
  },
  {
    name: 'After',
    kind: 'id',
    cell: ({ before, after }) => <Places places={after} others={before} sign="+" />,
  },
  {
    name: 'Skipped because',
    kind: 'text',
    cell: ({ skipped }) => (skipped === undefined ? <Faint /> : <span class="tag warn">{skipped}</span>),
  },
  { name: 'Owner', kind: 'wide', cell: ({ owner }) => owner ?? <Faint text="nobody" /> },
]

export const driftColumns: TableColumns<'drift'> = [
  { name: 'Record', kind: 'id main', cell: ({ key }) => key },
  { name: 'Target', kind: 'text', cell: ({ target }) => target },
  { name: 'Whose mark', kind: 'text', cell: ({ owner }) => owner ?? <Faint text="none, or not read" /> },
  {
    name: 'Conflicts a minute',
    kind: 'amount',
    cell: ({ conflictsPerMinute }) => (conflictsPerMinute === 0 ? <Faint /> : conflictsPerMinute.toFixed(1)),
  },
  {
    name: 'Last conflict',
    kind: 'amount wide',
    cell: ({ lastConflictAt }, { now }) => <Ago at={lastConflictAt} now={now} />,
  },
  {
    name: 'Differs',
    kind: 'tags',
    cell: ({ skipped }) => (skipped ? <span class="tag differs">differs</span> : <Faint text="no" />),
  },
]
