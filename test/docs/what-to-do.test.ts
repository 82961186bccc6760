import { describe, expect, it } from 'vitest'
import { aboutSkipped, aboutUnresolved } from '../../src/core/explain/what-to-do.js'
import { page } from './pages.js'

/** Without links, which only the page has. */
const plain = (text: string): string => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')

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
    expect(
      [...Object.keys(aboutUnresolved), ...Object.keys(aboutSkipped)].filter((reason) => !rows.has(reason)),
    ).toEqual([])
  })

  it('begins on the page as explain says it', () => {
    const rows = advice()
    const differing = Object.entries({ ...aboutUnresolved, ...aboutSkipped }).filter(
      ([reason, todo]) => reason !== 'foreign' && rows.get(reason)?.startsWith(todo.slice(0, 20)) !== true,
    )
    expect(differing).toEqual([])
  })
})
