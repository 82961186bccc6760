import { build, type Metafile, type Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { directImports } from './direct-imports.js'

const require = createRequire(import.meta.url)
const root = dirname(dirname(fileURLToPath(import.meta.url)))

const folderOf = (packageName: string): string => dirname(require.resolve(`${packageName}/package.json`))

/** esbuild splits by files, so a worker that imports one name from `ecs-task-stream/worker` would load all of it. */
const direct: Plugin = {
  name: 'imports of files, in place of entry points',
  setup: (bundler) => {
    bundler.onLoad({ filter: /[\\/]examples[\\/](?:targets[\\/])?[\w-]+\.ts$/ }, async ({ path }) => ({
      contents: directImports(await readFile(path, 'utf8'), root),
      loader: 'ts',
    }))
  },
}

/**
 * ES modules in place of CommonJS, which can be neither shaken nor split, and the one file of the SDK that says which
 * region belongs to which partition: to read the settings of a worker takes no more of the SDK.
 */
const small: Plugin = {
  name: 'small modules of packages',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^rxjs$/ }, () => ({
      path: join(folderOf('rxjs'), 'dist/esm/index.js'),
      sideEffects: false,
    }))
    bundler.onResolve({ filter: /^fp-ts\/(?:lib|es6)\/\w+(?:\.js)?$/ }, ({ path }) => ({
      path: join(folderOf('fp-ts'), 'es6', `${/(\w+)(?:\.js)?$/.exec(path)?.[1] ?? ''}.js`),
      sideEffects: false,
    }))
    bundler.onResolve({ filter: /^@aws-sdk\/core\/client$/ }, ({ importer }) =>
      importer.endsWith('aws-partition.ts')
        ? {
            path: join(
              folderOf('@aws-sdk/core'),
              'dist-es/submodules/client/util-endpoints/lib/aws/partition.js',
            ),
            sideEffects: false,
          }
        : undefined,
    )
  },
}

/**
 * Bundles the command into a directory: its entry is `ecs-task-stream.js`. It is not minified, so that stack traces can
 * be read without source maps, which would be as large as the bundle; minified it starts no faster. Resolves to what is
 * in which of its files.
 */
export const bundleCommand = async (directory: string): Promise<Metafile['outputs']> => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { 'ecs-task-stream': 'src/worker/bin.ts' },
    outdir: directory,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['ecs-task-stream:source', 'module'],
    mainFields: ['module', 'main'],
    plugins: [direct, small],
    // For the CommonJS modules in the bundle.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'warning',
  })
  return metafile.outputs
}
