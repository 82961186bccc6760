import { lastSegment } from '../../src/core/arn.js'
import type { Millis } from '../../src/core/clock.js'
import type { Liveness } from '../../src/core/liveness.js'
import type { HeldInTarget } from '../../src/inspector/tables.js'
import { duration, moment } from '../app/format.js'

/** What is not there. */
export const Faint = ({ text = '–' }: { readonly text?: string }) => <span class="faint">{text}</span>

/** The last segment of an ARN, with all of it as its title. */
export const Arn = ({ arn }: { readonly arn: string }) => <span title={arn}>{lastSegment(arn)}</span>

/** How long ago something was, with the time as its title. */
export const Ago = ({ at, now }: { readonly at: Millis | undefined; readonly now: Millis }) => {
  if (at === undefined) return <span class="faint">–</span>
  const text = at > now ? `in ${duration(at - now)}` : duration(now - at)
  // Replaced as a whole, as `Whole` says.
  return (
    <time key={text} dateTime={new Date(at).toISOString()} title={`${moment(at)} UTC`}>
      {text}
    </time>
  )
}

export const Group = ({ group }: { readonly group: string | undefined }) =>
  group === undefined ? (
    <span class="faint">–</span>
  ) : (
    <span title={group}>{group.replace(/^service:/, '')}</span>
  )

const tones: Readonly<Record<Liveness, string>> = {
  live: 'good',
  unhealthy: 'bad',
  pending: 'warn',
  gone: 'faint',
}

export const LivenessTag = ({ liveness }: { readonly liveness: Liveness }) => (
  <span class={`tag ${tones[liveness]}`}>{liveness}</span>
)

/** What each target holds of a backend. A difference has the colour of differences. */
export const HeldTags = ({ targets }: { readonly targets: readonly HeldInTarget[] }) => (
  <>
    {targets.map(({ target, held, wanted }) => (
      <span
        key={target}
        class={`held${held === undefined ? ' faint' : held === wanted ? '' : ' differs'}`}
        title={target}
      >
        {targets.length > 1 && <span class="of">{target}</span>}
        {`${held ?? '?'}/${wanted}`}
      </span>
    ))}
  </>
)
