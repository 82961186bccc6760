import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
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

/** What the compiler has against the snippets, under the project's own options. */
const complaints = (of: readonly Snippet[]): readonly string[] => {
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
  return [...code.keys()].flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
}

// Among the processes for what it costs: the compiler reads the package and the AWS SDK, as it does for a user.
describe('code in the documentation', () => {
  it('passes the compiler, under the options of the project', () => {
    expect(snippets.length).toBeGreaterThan(2)
    expect(complaints(snippets)).toEqual([])
  })

  it('would not pass it with a mistake', () => {
    const wrong = {
      file: join(root, 'examples', 'wrong.ts'),
      code: "import { walk } from 'ecs-task-stream'\nwalk()\n",
    }
    expect(complaints([wrong])).toEqual([expect.stringContaining("no exported member 'walk'")])
  })
})
