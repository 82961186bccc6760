/** Synthesizes the CDK constructs, and compares them with the templates. */
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Installable, installed, ran } from '../../conformance/witness.js'
import { differences } from '../differences.js'
import { parsed, type Resource, resourcesOf, sampleParameters, type Template } from '../template.js'
import { templatePath } from '../terraform/event-path-view.js'
import type { Verdict } from '../verdict.js'
import { caseTitle, clusterArns, workerCases } from '../worker-cases.js'
import { templateView } from '../worker-view.js'

const here = dirname(fileURLToPath(import.meta.url))
const infrastructure = fileURLToPath(new URL('../../../infrastructure', import.meta.url))
const packages = join(infrastructure, 'cdk/package.json')

/** aws-cdk-lib has 180 MB, so it is no dependency of the project. */
const cdkLibrary: Installable = {
  name: 'aws-cdk',
  pinnedBy: packages,
  install: async (folder) => {
    copyFileSync(packages, join(folder, 'package.json'))
    await ran('npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund')
  },
}

/** The resources of the construct `It`, by the names that they have in the template. */
const resourcesIn = (file: string): Readonly<Record<string, Resource>> => {
  const text = readFileSync(file, 'utf8').replace(/\bItTemplate(\w+?)[0-9A-F]{8}\b/g, '$1')
  return resourcesOf(JSON.parse(text) as Template, {})
}

export interface SynthesizedCdk {
  readonly verdict: Verdict
  /** The templates that were synthesized, for cfn-lint. */
  readonly templates: readonly string[]
}

/** Rejects with `Unavailable` if aws-cdk-lib cannot be installed. */
export const checkCdk = async (checkout: string): Promise<SynthesizedCdk> => {
  const home = await installed(join(checkout, '.conformance'), cdkLibrary)
  const place = join(home, 'check')
  const out = join(place, 'cdk.out')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place)
  cpSync(infrastructure, join(place, 'infrastructure'), { recursive: true })
  for (const name of ['probe.ts', 'tsconfig.json']) copyFileSync(join(here, name), join(place, name))
  writeFileSync(join(place, 'cases.json'), JSON.stringify(workerCases))

  const run = async (module: string, ...args: readonly string[]): Promise<string> =>
    promisify(execFile)(process.execPath, [join(checkout, 'node_modules', module), ...args], {
      cwd: place,
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, CDK_OUTDIR: out, NO_COLOR: '1' },
    }).then(
      // What CDK has to say is on its standard error.
      ({ stderr }) => stderr,
      (thrown: unknown) => {
        const { stdout = '', stderr = '' } = thrown as { readonly stdout?: string; readonly stderr?: string }
        throw new Error(`${stdout}\n${stderr}`.trim() || String(thrown), { cause: thrown })
      },
    )
  const flaws: string[] = []
  const complaints = async (what: string, module: string, ...args: readonly string[]): Promise<void> => {
    try {
      const said = await run(module, ...args)
      if (/\b(WARNING|ERROR)\b/.test(said)) flaws.push(`${what}: ${said}`)
    } catch (thrown) {
      flaws.push(`${what}: ${String(thrown)}`)
    }
  }
  const typeRoots = join(checkout, 'node_modules/@types')
  await complaints('types', 'typescript/bin/tsc', '--project', '.', '--typeRoots', typeRoots)
  await complaints('the cases', 'tsx/dist/cli.mjs', 'probe.ts')
  await complaints('the example', 'tsx/dist/cli.mjs', 'infrastructure/cdk/example.ts')
  if (flaws.length > 0) return { verdict: { _tag: 'Flaws', flaws }, templates: [] }

  workerCases.forEach((one, i) => {
    const expected = templateView(resourcesOf(parsed(`${one.worker}.yaml`), one.parameters))
    const found = differences(expected, templateView(resourcesIn(join(out, `case-${i}.template.json`))))
    flaws.push(...found.map((difference) => `${caseTitle(one)}: ${difference}`))
  })
  for (const isFannedOut of [false, true]) {
    const template = parsed('event-path.yaml')
    const parameters = {
      ...sampleParameters(template),
      ClusterArns: clusterArns,
      FanOut: String(isFannedOut),
    }
    const all = Object.entries(resourcesIn(join(out, `path-${String(isFannedOut)}.template.json`)))
    // The second queue has a name of its own.
    const first = Object.fromEntries(all.filter(([name]) => !name.startsWith('ItSecond')))
    const found = differences(templatePath(resourcesOf(template, parameters)), templatePath(first))
    flaws.push(...found.map((difference) => `EventPath, fanOut ${String(isFannedOut)}: ${difference}`))
  }
  const templates = readdirSync(out)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => join(out, name))
  return {
    verdict:
      flaws.length > 0
        ? { _tag: 'Flaws', flaws }
        : {
            _tag: 'Fine',
            what: `CDK synthesizes the constructs, and they come to what the templates come to, in ${workerCases.length} cases`,
          },
    templates,
  }
}
