import { describe, expect, it } from 'vitest'
import { aboutSkipped, aboutStop, aboutUnresolved } from '../../src/core/explain/what-to-do.js'
import { page } from './pages.js'

/** Without links, which only the page has. */
const plain = (text: string): string => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')

/** What has to be done; nothing has to be done about other ends of tasks. */
const told: Readonly<Record<string, string | undefined>> = {
  ...aboutUnresolved,
  ...aboutSkipped,
  ...aboutStop,
}

/** The rows of the page's tables: what to do, by reason. */
const advice = (): ReadonlyMap<string, string> => {
  const { text } = page('docs/why-is-my-task-not-routed.md')
  const rows = [...text.matchAll(/^ *\| (`[a-z-]+`(?:, `[a-z-]+`)*) +\| (.*?) +\|$/gm)]
  return new Map(
    rows.flatMap(([, reasons = '', todo = '']) =>
      reasons
        .split(', ')
        .map((reason): [string, string] => [reason.replaceAll('`', ''), plain(todo).replaceAll('_', '')]),
    ),
  )
}

describe('what to do about a task', () => {
  it('has a row on the page for every reason', () => {
    const rows = advice()
    expect(Object.keys(told).filter((reason) => !rows.has(reason))).toEqual([])
  })

  it('begins on the page as explain says it', () => {
    const rows = advice()
    const differing = Object.entries(told).filter(
      ([reason, todo = 'nothing']) =>
        reason !== 'foreign' && rows.get(reason)?.startsWith(todo.slice(0, 20)) !== true,
    )
    expect(differing).toEqual([])
  })
})
