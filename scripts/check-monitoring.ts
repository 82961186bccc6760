/**
 * Has Prometheus's own `promtool` check what is in `infrastructure/monitoring`: the rules; every expression of the
 * dashboard; and each alert on series for which it fires, and on others for which it does not. `PROMTOOL` names the
 * program, else it is installed once, into `.conformance`. Exits 1 if there is a problem.
 *
 * `--if-available` exits 0 if it cannot be installed, with a last line that begins with `skipped:`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { programOf } from './conformance/target-program.js'
import { promtool } from './conformance/targets.js'
import { Unavailable } from './conformance/witness.js'
import { alertTests } from './monitoring/alert-cases.js'
import { dashboardExpressions } from './monitoring/dashboard.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const rules = join(checkout, 'infrastructure/monitoring/alerts.yaml')

const main = async (args: readonly string[]): Promise<number> => {
  const program = await programOf(promtool)
  if (program instanceof Unavailable) {
    console.log(
      `${args.includes('--if-available') ? 'skipped: ' : ''}promtool cannot be installed: ${program.message}`,
    )
    return args.includes('--if-available') ? 0 : 1
  }
  const folder = mkdtempSync(join(tmpdir(), 'ecs-task-stream-monitoring-'))
  const accepted = (what: string, ...words: readonly string[]): boolean => {
    const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000 })
    if (error !== undefined) throw error
    if (status === 0) console.log(`promtool accepts ${what}`)
    else console.error(`promtool has complaints about ${what}:\n${stdout}${stderr}`)
    return status === 0
  }
  try {
    // As rules that record: promtool 2 has no other way to parse an expression.
    const expressions = dashboardExpressions()
    const recorded = join(folder, 'expressions.yaml')
    writeFileSync(
      recorded,
      stringify({
        groups: [{ name: 'dashboard', rules: expressions.map((expr, i) => ({ record: `e${i}`, expr })) }],
      }),
    )
    const tests = join(folder, 'tests.yaml')
    const written = alertTests(rules)
    writeFileSync(tests, stringify(written))
    const verdicts = [
      accepted('the rules', 'check', 'rules', rules),
      accepted(`the ${expressions.length} expressions of the dashboard`, 'check', 'rules', recorded),
      accepted(`the ${written.tests.length} cases of alerts`, 'test', 'rules', tests),
    ]
    return verdicts.every(Boolean) ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
