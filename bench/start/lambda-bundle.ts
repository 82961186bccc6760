import { build } from 'esbuild'
import { join } from 'node:path'

/** Bundles the example of a function as docs/lambda.md says. Resolves to the file that exports the handler. */
export const lambdaBundle = async (directory: string): Promise<string> => {
  await build({
    entryPoints: ['examples/lambda.ts'],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    conditions: ['module'],
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return join(directory, 'lambda.mjs')
}
