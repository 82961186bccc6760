import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

/** Libraries that the package decodes with. Users of its types need to know neither. */
const inner = /^(fp-ts|io-ts)(\/|$)/

/** Modules whose types still show such a library. */
export const showsLibraries: readonly string[] = [
  './lambda',
  './sources/ecs-event',
  './sources/sns-signature',
  './worker',
]

const importsIn = (file: string): readonly string[] =>
  ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => fileName)

/** The declaration files that one reaches, itself included, each followed from the file that imports it. */
const reachedFrom = (entry: string): readonly string[] => {
  const reached = new Set([entry])
  for (const file of reached)
    for (const specifier of importsIn(file)) {
      const target = normalize(join(dirname(file), specifier.replace(/\.js$/, '.d.ts')))
      if (specifier.startsWith('.') && existsSync(target)) reached.add(target)
    }
  return [...reached]
}

/** Which declarations that a module's types rest on import a library that we decode with; one sentence each. */
export const declarationFlaws = (entry: string): readonly string[] =>
  reachedFrom(entry).flatMap((file) =>
    importsIn(file)
      .filter((specifier) => inner.test(specifier))
      .map((specifier) => `${file} imports ${specifier}: keep it out of exported types`),
  )
