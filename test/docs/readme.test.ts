import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { page, pages, root } from './pages.js'

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

describe('code in the documentation', () => {
  it('begins, in the README, with examples/compose.ts, and has ten lines beside its imports', () => {
    const [, first] = /^```ts\n([\s\S]*?)^```/m.exec(page('README.md').text) ?? []
    expect(first).toBe(readFileSync(join(root, 'examples/compose.ts'), 'utf8'))
    const lines = first?.split('\n').filter((line) => line !== '' && !line.startsWith('import '))
    expect(lines?.length).toBeLessThanOrEqual(10)
  })

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

const operating = page('docs/operating.md').text

describe('the operating page', () => {
  it('names every metric, and no other', () => {
    const source = readFileSync(join(root, 'src/worker/observability/metrics.ts'), 'utf8')
    const real = [...source.matchAll(/(?:counter|gauge)\(\s*'(\w+)'|name: 'ecs_task_stream_(\w+)'/g)].map(
      ([, name, full]) => name ?? full,
    )
    const [table = ''] = /^## Metrics[\s\S]*?^Worth/m.exec(operating) ?? []
    const told = [...table.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
    expect(real.length).toBeGreaterThan(10)
    expect(told.toSorted()).toEqual(real.toSorted())
  })

  it('names every message of the log', () => {
    const source = readFileSync(join(root, 'src/worker/observability/log-line.ts'), 'utf8')
    const messages = [...source.matchAll(/message:(?! notice| string)\s*([^,]+(?:, [^']+'[^,]*)?),\n/g)]
      .flatMap(([, expression = '']) => [...expression.matchAll(/'([a-z][^']+)'/g)])
      .map(([, message = '']) => message)
    expect(messages.length).toBeGreaterThan(12)
    expect(messages.filter((message) => !operating.includes(`\`${message}\``))).toEqual([])
  })
})
