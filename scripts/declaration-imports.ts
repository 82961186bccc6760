import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import ts from 'typescript'

/** Libraries that the package uses for decoding. Its types should not need them. */
const inner = /^(fp-ts|io-ts)(\/|$)/

/** Declarations that may import one, because exported types depend on them. */
export const named: readonly string[] = [
  'dist/src/shared/codec/decode-error.d.ts',
  'dist/src/sources/ecs-events/wire-task.d.ts',
  'dist/src/sources/webhooks/sns-message.d.ts',
  'dist/src/worker/settings/setting-type.d.ts',
  'dist/src/worker/settings/setting.d.ts',
  'dist/src/worker/settings/settings.d.ts',
]

const importsIn = (file: string): readonly string[] =>
  ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => fileName)

/** The declaration files that one imports, directly or indirectly, including itself, with the file that imports each. */
const reachedFrom = (entry: string): readonly string[] => {
  const reached = new Set([entry])
  for (const file of reached)
    for (const specifier of importsIn(file)) {
      const target = normalize(join(dirname(file), specifier.replace(/\.js$/, '.d.ts')))
      if (specifier.startsWith('.') && existsSync(target)) reached.add(target)
    }
  return [...reached]
}

/** The declarations that these modules' types depend on and that import such a library. */
const naming = (entries: readonly string[]): readonly string[] =>
  [...new Set(entries.flatMap(reachedFrom))].filter((file) =>
    importsIn(file).some((name) => inner.test(name)),
  )

/** Compares the declarations that import such a library with the list of those that may; one sentence per difference. */
export const declarationFlaws = (root: string, entries: readonly string[]): readonly string[] => {
  const found = naming(entries).map((file) => relative(root, file))
  return [
    ...found
      .filter((file) => !named.includes(file))
      .map((file) => `${file} imports fp-ts or io-ts: keep them out of exported types`),
    ...named
      .filter((file) => !found.includes(file))
      .map((file) => `${file} imports neither any more: take it from the list`),
  ]
}
