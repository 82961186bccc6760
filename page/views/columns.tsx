import { lastSegment } from '../../src/core/arn.js'
import type { Listed } from '../../src/core/explain/backend-explanation.js'
import type { TableName, Tables } from '../../src/inspector/tables.js'
import { duration, number } from '../app/format.js'
import { StateIcon } from '../app/icons.js'
import { Ago, Arn, Group, HeldTags, LivenessTag } from '../table/cells.js'
import type { Column } from '../table/column.js'

const Faint = ({ text = '–' }: { readonly text?: string }) => <span class="faint">{text}</span>

const clusterNames = (clusters: readonly string[]): string => clusters.map(lastSegment).join(', ')

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

type Columns = { readonly [K in TableName]: readonly Column<Tables[K]>[] }

/** What each table shows. */
export const columns: Columns = {
  backends: [
    { name: 'Backend', kind: 'main', cell: ({ backend }) => backend },
    {
      name: 'Endpoints',
      kind: 'amount',
      cell: ({ endpoints }) => (endpoints === 0 ? <span class="tag warn">empty</span> : number(endpoints)),
    },
    { name: 'In the targets', kind: 'targets', cell: ({ targets }) => <HeldTags targets={targets} /> },
    {
      name: 'Complete',
      kind: 'text',
      cell: ({ complete, incompleteBecause }) =>
        complete ? (
          <span class="state">
            <StateIcon state="ok" /> complete
          </span>
        ) : (
          <span class="state" title={incompleteBecause}>
            <StateIcon state="waiting" /> {incompleteBecause ?? 'incomplete'}
          </span>
        ),
    },
    { name: 'Idle', kind: 'amount wide', cell: ({ idle }) => (idle === 0 ? <Faint /> : number(idle)) },
    { name: 'Gone', kind: 'amount wide', cell: ({ gone }) => (gone === 0 ? <Faint /> : number(gone)) },
    {
      name: 'Cluster',
      kind: 'wide',
      cell: ({ clusters }) => <span title={clusters.join('\n')}>{clusterNames(clusters)}</span>,
    },
  ],
  endpoints: [
    { name: 'Address', kind: 'id main', cell: ({ address }) => address },
    { name: 'Backend', kind: 'text', cell: ({ backend }) => backend },
    {
      name: 'In the targets',
      kind: 'targets',
      cell: ({ targets }) => (
        <HeldTags
          targets={targets.map(({ target, held }) => ({
            target,
            held: held === undefined ? undefined : Number(held),
            wanted: 1,
          }))}
        />
      ),
    },
    { name: 'Task', kind: 'id wide', cell: ({ task }) => <Arn arn={task} /> },
    {
      name: 'Container',
      kind: 'wide',
      cell: ({ container, containerPort, protocol }) => `${container}:${containerPort}/${protocol}`,
    },
    { name: 'Zone', kind: 'wide', cell: ({ zone }) => zone ?? <Faint /> },
    {
      name: 'Weight',
      kind: 'amount',
      cell: ({ weight }) => (weight === undefined ? <Faint /> : number(weight)),
    },
  ],
  tasks: [
    { name: 'Task', kind: 'id main', cell: ({ task }) => <Arn arn={task} /> },
    { name: 'Service', kind: 'text', cell: ({ group }) => <Group group={group} /> },
    { name: 'Liveness', kind: 'tags', cell: ({ liveness }) => <LivenessTag liveness={liveness} /> },
    {
      name: 'Routed',
      kind: 'text',
      cell: ({ routed, because }) =>
        routed ? (
          <span class="state">
            <StateIcon state="ok" /> routed
          </span>
        ) : (
          <span class="state" title={because?.says}>
            <StateIcon state={because?.state ?? 'unknown'} /> {because?.says ?? 'not routed'}
          </span>
        ),
    },
    {
      name: 'Status',
      kind: 'wide',
      cell: ({ lastStatus, desiredStatus }) =>
        lastStatus === desiredStatus ? lastStatus : `${lastStatus} → ${desiredStatus}`,
    },
    { name: 'Version', kind: 'amount wide', cell: ({ version }) => number(version) },
    { name: 'Age', kind: 'amount', cell: ({ createdAt }, { now }) => <Ago at={createdAt} now={now} /> },
    {
      name: 'Changed',
      kind: 'amount wide',
      cell: ({ changedAt }, { now }) => <Ago at={changedAt} now={now} />,
    },
  ],
  plan: [
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
  ],
  unresolved: [
    { name: 'Task', kind: 'id main', cell: ({ task }) => <Arn arn={task} /> },
    { name: 'Why', kind: 'text', cell: ({ why }) => <span class="tag warn">{why}</span> },
    { name: 'What is missing', kind: 'text', cell: ({ detail }) => <span title={detail}>{detail}</span> },
    { name: 'What to do', kind: 'text wide', cell: ({ todo }) => <span title={todo}>{todo}</span> },
    { name: 'For', kind: 'amount', cell: ({ since }, { now }) => <Ago at={since} now={now} /> },
    {
      name: 'Last error',
      kind: 'text wide',
      cell: ({ failing }, { now }) =>
        failing === undefined ? (
          <Faint />
        ) : (
          <span title={`${failing.operation}: ${failing.error}`}>
            {failing.error}
            {failing.nextAt !== undefined &&
              failing.nextAt > now &&
              `, again in ${duration(failing.nextAt - now)}`}
          </span>
        ),
    },
  ],
  drift: [
    { name: 'Record', kind: 'id main', cell: ({ key }) => key },
    { name: 'Target', kind: 'text', cell: ({ target }) => target },
    { name: 'Whose mark', kind: 'text', cell: ({ owner }) => owner ?? <Faint text="none, or not read" /> },
    {
      name: 'Conflicts a minute',
      kind: 'amount',
      cell: ({ conflictsPerMinute }) =>
        conflictsPerMinute === 0 ? <Faint /> : conflictsPerMinute.toFixed(1),
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
  ],
  sources: [
    { name: 'Source', kind: 'main', cell: ({ source }) => source },
    { name: 'Deliveries', kind: 'amount', cell: ({ deliveries }) => number(deliveries) },
    {
      name: 'Last',
      kind: 'amount',
      cell: ({ lastDeliveryAt }, { now }) => <Ago at={lastDeliveryAt} now={now} />,
    },
    { name: 'Lag', kind: 'amount', cell: ({ lagMs }) => (lagMs === undefined ? <Faint /> : duration(lagMs)) },
    {
      name: 'Snapshots',
      kind: 'text wide',
      cell: ({ snapshots }, { now }) =>
        snapshots.length === 0 ? (
          <Faint />
        ) : (
          snapshots.map(({ cluster, at, tasks }) => (
            <span key={cluster} class="snapshot">
              {lastSegment(cluster)}: {number(tasks)} tasks, <Ago at={at} now={now} /> ago
            </span>
          ))
        ),
    },
    {
      name: 'Undecodable',
      kind: 'amount',
      cell: ({ undecodable, lastUndecodable }) =>
        undecodable === 0 ? (
          <Faint text="0" />
        ) : (
          <span
            class="tag warn"
            title={lastUndecodable.map(({ id, reason }) => `${id}: ${reason}`).join('\n')}
          >
            {number(undecodable)}
          </span>
        ),
    },
    {
      name: 'Failing',
      kind: 'text',
      cell: ({ failing: [first] }) =>
        first === undefined ? (
          <span class="state">
            <StateIcon state="ok" /> nothing
          </span>
        ) : (
          <span class="state" title={first.error}>
            <StateIcon state="broken" /> {first.operation}: {first.error}
          </span>
        ),
    },
  ],
  deployments: [
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
  ],
  neverIn: [
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
      cell: ({ ran }) =>
        ran ? <span class="tag warn">crashed</span> : <span class="tag bad">never ran</span>,
    },
    {
      name: 'Definition',
      kind: 'id wide',
      cell: ({ definition }) => (definition === undefined ? <Faint /> : <Arn arn={definition} />),
    },
    { name: 'Containers', kind: 'text wide', cell: ({ containers }) => containers.join(', ') },
  ],
}
