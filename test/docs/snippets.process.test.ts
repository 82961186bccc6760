import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { pages, root } from './pages.js'

interface Snippet {
  /** A file that is not there, beside the examples, so that the package resolves as it does for them. */
  readonly file: string
  readonly code: string
}

const snippets: readonly Snippet[] = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/^( *)```ts\n([\s\S]*?)^ *```/gm)].map(([, indent = '', code = ''], i) => ({
    file: join(root, 'examples', `${path.replace(/\W/g, '-')}-${i}.ts`),
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  })),
)

/** What the compiler has against snippets, under the project's own options: by their files. */
const complaintsAbout = (of: readonly Snippet[]): ReadonlyMap<string, readonly string[]> => {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
    },
  })
  const options = config!.options
  const code = new Map(of.map((snippet) => [snippet.file, snippet.code]))
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => code.has(file) || disk.fileExists(file),
    readFile: (file) => code.get(file) ?? disk.readFile(file),
    getSourceFile: (file, language) => {
      const text = code.get(file)
      return text === undefined
        ? disk.getSourceFile(file, language)
        : ts.createSourceFile(file, text, language)
    },
  }
  const program = ts.createProgram([...code.keys()], options, host)
  return new Map(
    [...code.keys()].map((file) => [
      file,
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(file))
        .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
    ]),
  )
}

// Among the processes for what it costs: the compiler reads the package and the AWS SDK, as it does for a user.
describe('code in the documentation', () => {
  const wrong: Snippet = {
    file: join(root, 'examples', 'wrong.ts'),
    code: "import { walk } from 'ecs-task-stream'\nwalk()\n",
  }
  let complaints: ReadonlyMap<string, readonly string[]>
  beforeAll(() => {
    complaints = complaintsAbout([...snippets, wrong])
  })

  it('passes the compiler, under the options of the project', () => {
    expect(snippets.length).toBeGreaterThan(2)
    expect(snippets.flatMap(({ file }) => complaints.get(file) ?? [])).toEqual([])
  })

  it('would not pass it with a mistake', () => {
    expect(complaints.get(wrong.file)).toEqual([expect.stringContaining("no exported member 'walk'")])
  })
})
