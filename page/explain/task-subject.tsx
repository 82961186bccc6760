import { lastSegment } from '../../src/core/arn.js'
import { areOk } from '../../src/core/explain/chain.js'
import type { TaskExplanation } from '../../src/core/explain/task-explanation.js'
import { StateIcon } from '../app/icons.js'
import { LivenessTag } from '../table/cells.js'
import { Chain } from './chain.js'
import { RecordSubject } from './record-subject.js'

const Verdict = ({ subject: { firstBreak, ports } }: { readonly subject: TaskExplanation }) =>
  firstBreak === undefined ? (
    <p class="verdict verdict-ok">
      <StateIcon state="ok" />{' '}
      {ports.length === 0 ? 'Nothing keeps it out.' : 'Every port is in every target.'}
    </p>
  ) : (
    <p class={`verdict verdict-${firstBreak.state}`}>
      <StateIcon state={firstBreak.state} />
      <span>
        <strong>{firstBreak.link}</strong> {firstBreak.says}
      </span>
    </p>
  )

export const TaskSubject = ({ subject }: { readonly subject: TaskExplanation }) => {
  const { task, cluster, group, liveness, links, ports, refused, leftovers } = subject
  return (
    <article class="subject" aria-label={`Task ${lastSegment(task)}`}>
      <header>
        <span class="kind">Task</span>
        <h2 class="mono" title={task}>
          {lastSegment(task)}
        </h2>
        <LivenessTag liveness={liveness} />
        <span class="where">
          {group ?? 'no group'} in {lastSegment(cluster)}
        </span>
      </header>
      <Verdict subject={subject} />
      <Chain links={links} label="The links of the task" />
      {areOk(links) &&
        ports.map((port) => (
          <section key={`${port.backend} ${port.container} ${port.containerPort}`} class="port">
            <h3>
              <span>{port.backend}</span>
              <span class="mono">{port.address ?? 'no address yet'}</span>
              <span class="faint">
                {port.container}:{port.containerPort}/{port.protocol}
              </span>
            </h3>
            <Chain links={port.links} label={`The links of ${port.backend}`} />
            {areOk(port.links) &&
              port.targets.map(({ target, links: last }) => (
                <section key={target} class="target">
                  <h4>{target}</h4>
                  <Chain links={last} label={`The links of ${port.backend} in ${target}`} />
                </section>
              ))}
          </section>
        ))}
      {refused.length > 0 && <Chain links={refused} label="Ports that are refused" />}
      {leftovers.map((left) => (
        <RecordSubject key={`${left.target} ${left.key}`} subject={left} />
      ))}
    </article>
  )
}
