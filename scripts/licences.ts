import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** The folder of the package that a file is in; `undefined` for files of this project. */
const packageOf = (file: string): string | undefined =>
  /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]

const textIn = (folder: string): string | undefined => {
  const name = readdirSync(folder).find((each) => /^(?:licen[cs]e|copying)(?:\.|$)/i.test(each))
  return name === undefined ? undefined : readFileSync(join(folder, name), 'utf8').trim()
}

/**
 * The licences of the packages that the files are in, with the packages under each. A package without a text of its own
 * is listed with the name of its licence.
 */
export const licencesOf = (files: readonly string[]): string => {
  const folders = new Set(files.flatMap((file) => packageOf(file) ?? []))
  const byText = new Map<string, string[]>()
  for (const folder of folders) {
    if (!existsSync(join(folder, 'package.json'))) continue
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    ) as Manifest
    const text = textIn(folder) ?? license
    if (text === undefined) throw new Error(`${name} has no licence`)
    const packages = byText.get(text) ?? []
    packages.push(`${name} ${version}${license === undefined ? '' : ` (${license})`}`)
    byText.set(text, packages)
  }
  return [...byText]
    .map(([text, packages]) => `${packages.sort().join('\n')}\n\n${text}\n`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`)
}
