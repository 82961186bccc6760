/** How services deploy, and what does not survive it. */
import { endText } from '../../../src/core/explain/end-text.js'
import { duration } from '../../app/format.js'
import { Ago, Arn, Faint, Group } from '../../table/cells.js'
import type { TableColumns } from './table-columns.js'

export const deploymentsColumns: TableColumns<'deployments'> = [
  { name: 'Service', kind: 'main', cell: ({ service }) => <Arn arn={service} /> },
  {
    name: 'Rollout',
    kind: 'tags',
    cell: ({ rollout }) => (
      <span class={`tag${rollout === 'Shifting' ? ' warn' : ''}`}>
        {rollout === 'AtOnce' ? 'at once' : rollout.toLowerCase()}
      </span>
    ),
  },
  {
    name: 'Stage',
    kind: 'text',
    cell: ({ stage, reason }) =>
      stage ?? (reason === undefined ? <Faint /> : <span title={reason}>{reason}</span>),
  },
  {
    name: 'Strategy',
    kind: 'wide',
    cell: ({ strategy, status }) => (strategy === undefined ? <Faint /> : `${strategy}, ${status ?? ''}`),
  },
  {
    name: 'Traffic',
    kind: 'text',
    cell: ({ revisions }) =>
      revisions.length === 0 ? (
        <Faint />
      ) : (
        revisions.map(({ revision, role, production, test }) => (
          <span key={revision} class={`share share-${role}`} title={revision}>
            {role === 'target' ? 'new' : 'old'} {production} %
            {test > 0 && production === 0 ? `, test ${test} %` : ''}
          </span>
        ))
      ),
  },
  {
    name: 'Waits for',
    kind: 'text',
    cell: ({ paused }, { now }) =>
      paused === undefined ? (
        <Faint />
      ) : (
        <span title={paused.id}>
          a hook
          {paused.expiresAt !== undefined && (
            <>
              , until <Ago at={paused.expiresAt} now={now} />
            </>
          )}
        </span>
      ),
  },
]

export const neverInColumns: TableColumns<'neverIn'> = [
  { name: 'Task', kind: 'id main', cell: ({ task }) => <Arn arn={task} /> },
  { name: 'Service', kind: 'text', cell: ({ group }) => <Group group={group} /> },
  { name: 'Ended', kind: 'amount', cell: ({ endedAt }, { now }) => <Ago at={endedAt} now={now} /> },
  {
    name: 'Lived',
    kind: 'amount',
    cell: ({ createdAt, endedAt }) => (createdAt === undefined ? <Faint /> : duration(endedAt - createdAt)),
  },
  {
    name: 'Ran',
    kind: 'tags',
    cell: ({ ran }) => (ran ? <span class="tag warn">crashed</span> : <span class="tag bad">never ran</span>),
  },
  {
    name: 'Why',
    kind: 'text',
    cell: ({ end }) => (end === undefined ? <Faint /> : <span title={endText(end)}>{endText(end)}</span>),
  },
  {
    name: 'What to do',
    kind: 'text wide',
    cell: ({ todo }) => (todo === undefined ? <Faint /> : <span title={todo}>{todo}</span>),
  },
  {
    name: 'Definition',
    kind: 'id wide',
    cell: ({ definition }) => (definition === undefined ? <Faint /> : <Arn arn={definition} />),
  },
  { name: 'Containers', kind: 'text wide', cell: ({ containers }) => containers.join(', ') },
]
