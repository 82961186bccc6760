import { lastSegment } from '../../src/core/arn.js'
import type {
  BackendExplanation,
  BackendTarget,
  MissingTask,
} from '../../src/core/explain/backend-explanation.js'
import { counted, number } from '../app/format.js'
import { StateIcon } from '../app/icons.js'
import { Chain } from './chain.js'

const More = ({ more }: { readonly more: number }) =>
  more > 0 ? <p class="faint">and {number(more)} more</p> : null

type Ask = (question: string) => void

const Missing = ({ missing, ask }: { readonly missing: MissingTask; readonly ask: Ask }) => (
  <li>
    <button type="button" class="ask mono" onClick={() => ask(missing.task)}>
      {lastSegment(missing.task)}
    </button>
    {missing.because !== undefined && (
      <span class={`state link-${missing.because.state}`}>
        <StateIcon state={missing.because.state} /> {missing.because.says}
      </span>
    )}
  </li>
)

const InTarget = ({ target: { target, link, records } }: { readonly target: BackendTarget }) => (
  <section class="target">
    <h3>{target}</h3>
    {link !== undefined && <Chain links={[link]} label={`Its record in ${target}`} />}
    {records.first.map((record) => (
      <section key={record.key}>
        <h4 class="mono">
          {record.key} <span class="faint">{record.owner ?? 'no owner'}</span>
        </h4>
        <Chain links={[record.link]} label={`The record ${record.key}`} />
      </section>
    ))}
    <More more={records.more} />
  </section>
)

export const BackendSubject = ({
  subject,
  ask,
}: {
  readonly subject: BackendExplanation
  readonly ask: Ask
}) => {
  const { backend, complete, incompleteBecause, endpoints, gone, missing, targets } = subject
  const total = endpoints.first.length + endpoints.more
  return (
    <article class="subject" aria-label={`Backend ${backend}`}>
      <header>
        <span class="kind">Backend</span>
        <h2>{backend}</h2>
        <span class={`tag ${total === 0 ? 'warn' : 'good'}`}>{counted(total, 'endpoint')}</span>
      </header>
      <p class={`verdict verdict-${complete ? 'ok' : 'waiting'}`}>
        <StateIcon state={complete ? 'ok' : 'waiting'} />
        <span>
          {complete
            ? 'Everything about it is known.'
            : 'There may be more of it: nothing that may be its own is removed.'}
        </span>
      </p>
      {incompleteBecause.length > 0 && (
        <ul class="reasons">
          {incompleteBecause.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {missing.first.length > 0 && (
        <section>
          <h3>Running tasks that are not in it</h3>
          <ul class="list">
            {missing.first.map((one) => (
              <Missing key={one.task} missing={one} ask={ask} />
            ))}
          </ul>
          <More more={missing.more} />
        </section>
      )}
      {targets.map((target) => (
        <InTarget key={target.target} target={target} />
      ))}
      {total > 0 && (
        <section>
          <h3>Endpoints</h3>
          <ul class="list">
            {endpoints.first.map(({ address, task, container, containerPort }) => (
              <li key={`${address} ${task}`}>
                <button type="button" class="ask mono" onClick={() => ask(task)}>
                  {address}
                </button>
                <span class="faint">
                  {container}:{containerPort}
                </span>
              </li>
            ))}
          </ul>
          <More more={endpoints.more} />
        </section>
      )}
      {gone.first.length > 0 && (
        <section>
          <h3>Gone</h3>
          <p class="mono addresses">{gone.first.join('  ')}</p>
          <More more={gone.more} />
        </section>
      )}
    </article>
  )
}
