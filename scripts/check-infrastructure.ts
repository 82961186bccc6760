/**
 * Checks `infrastructure/` with the tools that read it: CloudFormation's templates with cfn-lint, with warnings and hints;
 * the Terraform modules with Terraform or OpenTofu, against a stand-in for the provider; the CDK constructs with
 * aws-cdk-lib; and the compose file with its schema. The modules and the constructs must come to what the templates come
 * to. What can be installed is installed
 * once, into `.conformance`. Exits 1 if there is a problem.
 *
 * `--if-available` exits 0 if something cannot be checked here, with a last line that begins with `skipped:`.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installed, Unavailable } from './conformance/witness.js'
import { checkCdk } from './infrastructure/cdk/check.js'
import { cfnLint } from './infrastructure/cfn-lint.js'
import { checkCompose } from './infrastructure/compose.js'
import { checkTerraform } from './infrastructure/terraform/check.js'
import type { Verdict } from './infrastructure/verdict.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(checkout, 'infrastructure')

const unlessUnavailable = (what: string, check: Promise<Verdict>): Promise<Verdict> =>
  check.catch((thrown: unknown) => {
    if (!(thrown instanceof Unavailable)) throw thrown
    return { _tag: 'Unavailable', why: `${what} cannot be installed: ${thrown.message}` } as const
  })

const lint = async (templates: readonly string[]): Promise<Verdict> => {
  const [program] = cfnLint.command(await installed(join(checkout, '.conformance'), cfnLint), 0)
  // `I` adds hints to errors and warnings. Any of the three makes it exit with a code other than 0.
  const { status, error, stdout } = spawnSync(program, ['--include-checks', 'I', '--', ...templates], {
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  return status === 0
    ? { _tag: 'Fine', what: `cfn-lint accepts ${templates.length} templates` }
    : { _tag: 'Flaws', flaws: [`cfn-lint has complaints (exit code ${String(status)}):\n${stdout}`] }
}

const main = async (args: readonly string[]): Promise<number> => {
  const templates = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name))
  if (templates.length === 0) {
    console.error(`there are no templates in ${folder}`)
    return 1
  }
  let synthesized: readonly string[] = []
  const cdk = checkCdk(checkout).then((result) => {
    synthesized = result.templates
    return result.verdict
  })
  // One after the other, as each uses what cores there are.
  const verdicts = [await unlessUnavailable('aws-cdk-lib', cdk)]
  verdicts.push(await unlessUnavailable('cfn-lint', lint([...templates, ...synthesized])))
  verdicts.push(await unlessUnavailable('the bindings of the AWS provider', checkTerraform(checkout)))

  verdicts.push(await unlessUnavailable('the schema of compose files', checkCompose(checkout)))

  const unchecked: string[] = []
  let failed = false
  for (const verdict of verdicts) {
    switch (verdict._tag) {
      case 'Fine':
        console.log(verdict.what)
        break
      case 'Flaws':
        failed = true
        for (const flaw of verdict.flaws) console.error(flaw)
        break
      case 'Unavailable':
        unchecked.push(verdict.why)
    }
  }
  if (failed) return 1
  if (unchecked.length === 0) return 0
  if (args.includes('--if-available')) {
    console.log(`skipped: ${unchecked.join('; ')}`)
    return 0
  }
  console.error(
    `${unchecked.join('\n')}\nIt needs Python 3.9 or later, Terraform or OpenTofu on the PATH, and package indexes that pip and npm reach.`,
  )
  return 1
}

process.exitCode = await main(process.argv.slice(2))
