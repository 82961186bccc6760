import type { RecordExplanation } from '../../src/core/explain/leftovers.js'
import { Chain } from './chain.js'

export const RecordSubject = ({
  subject: { target, key, places, link },
}: {
  readonly subject: RecordExplanation
}) => (
  <article class="subject" aria-label={`Record ${key}`}>
    <header>
      <span class="kind">Record</span>
      <h2 class="mono">{key}</h2>
      <span class="where">in {target}</span>
    </header>
    {places.length > 0 && <p class="mono addresses">{places.join('  ')}</p>}
    <Chain links={[link]} label="Why it is there" />
  </article>
)
