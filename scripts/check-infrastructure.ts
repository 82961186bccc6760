/**
 * Runs cfn-lint on every template in `infrastructure/`, with warnings and hints. cfn-lint is installed once, into
 * `.conformance`. Exits 1 if it finds a problem.
 *
 * `--if-available` exits 0 if it cannot be installed, with a last line that begins with `skipped:`.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installed, Unavailable } from './conformance/witness.js'
import { cfnLint } from './infrastructure/cfn-lint.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(checkout, 'infrastructure')

const main = async (args: readonly string[]): Promise<number> => {
  const templates = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
  if (templates.length === 0) {
    console.error(`there are no templates in ${folder}`)
    return 1
  }
  let home: string
  try {
    home = await installed(join(checkout, '.conformance'), cfnLint)
  } catch (thrown) {
    if (!(thrown instanceof Unavailable)) throw thrown
    const ifAvailable = args.includes('--if-available')
    const why = `cfn-lint cannot be installed: ${thrown.message}`
    if (ifAvailable) console.log(`skipped: ${why}`)
    else console.error(`${why}\nIt needs Python 3.9 or later, and a package index that pip reaches.`)
    return ifAvailable ? 0 : 1
  }
  const [program] = cfnLint.command(home, 0)
  // `I` adds hints to errors and warnings. Any of the three makes it exit with a code other than 0.
  const { status, error } = spawnSync(program, ['--include-checks', 'I', '--', ...templates], {
    cwd: folder,
    stdio: 'inherit',
  })
  if (error !== undefined) throw error
  console.log(
    status === 0
      ? `cfn-lint accepts ${templates.length} templates: ${templates.join(', ')}`
      : `cfn-lint has complaints (exit code ${String(status)})`,
  )
  return status === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
