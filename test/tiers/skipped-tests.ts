import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

/** What the nearest of a test, its suites and its file says is missing. */
const missingFor = (task: TestCase | TestSuite | TestModule): string | undefined =>
  task.meta().missing ?? (task.type === 'module' ? undefined : missingFor(task.parent))

const reasonOf = (test: TestCase): string => {
  const result = test.result()
  return (
    missingFor(test) ??
    (result.state === 'skipped' ? result.note : undefined) ??
    'the target or the source cannot do this (`lacks`)'
  )
}

const counted = (count: number): string => (count === 1 ? '1 test' : `${count} tests`)

/** Ends a run with the tests that it has skipped: how many for each reason, and in which files. */
export class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = new Map<string, Map<string, number>>()
    for (const module of modules)
      for (const test of module.children.allTests('skipped')) {
        // Left out by `-t`, `.only` or `.skip` of whoever is at work.
        if (test.options.mode === 'run' && test.result().state !== 'skipped') continue
        const file = relative(module.project.config.root, module.moduleId)
        const reason = reasonOf(test)
        const counts = files.get(reason) ?? new Map<string, number>()
        files.set(reason, counts.set(file, (counts.get(file) ?? 0) + 1))
      }
    const sum = (counts: ReadonlyMap<string, number>): number =>
      [...counts.values()].reduce((total, count) => total + count, 0)
    const total = [...files.values()].reduce((all, counts) => all + sum(counts), 0)
    if (total === 0) return
    console.log(`Not run: ${counted(total)}`)
    for (const [reason, counts] of [...files].sort(([, a], [, b]) => sum(b) - sum(a))) {
      console.log(`  ${counted(sum(counts))}: ${reason}`)
      for (const [file, count] of [...counts].sort()) console.log(`      ${file} (${count})`)
    }
    console.log()
  }
}
