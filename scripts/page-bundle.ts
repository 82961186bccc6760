import { build, type BuildOptions, type Metafile } from 'esbuild'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { licencesOf } from './licences.js'

/** The checkout, from wherever this is compiled to. */
const root = dirname(createRequire(import.meta.url).resolve('ecs-task-stream/package.json'))

/** A file of the built page. */
export interface PageFile {
  /** Below the folder of the page. */
  readonly path: string
  readonly type: string
  /** Whether its name changes with its content, so that it may be kept for ever. */
  readonly immutable: boolean
}

/** `manifest.json` in the folder of the page: all files that a server of it serves. */
export interface PageManifest {
  readonly files: readonly PageFile[]
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
}

const fileOf = (path: string, immutable: boolean): PageFile => ({
  path,
  type: types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
  immutable,
})

/** The file that an entry point became. */
const outputOf = (outputs: Metafile['outputs'], entry: string): string => {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry)
  if (found === undefined) throw new Error(`esbuild has not built ${entry}`)
  return basename(found[0])
}

interface Page {
  /** The script, relative to the checkout. */
  readonly entry: string
  /** What of `index.html` loads the script, by its name. */
  readonly loads: (script: string) => string
  readonly options: BuildOptions
}

/** What workers serve: it asks them over HTTP. */
const served: Page = {
  entry: 'page/main.tsx',
  loads: (script) => `<script type="module" src="${script}"></script>`,
  options: { format: 'esm' },
}

/** What `npm start` serves: it asks the demo over HTTP, and shows the demo's cluster. */
const besideDemo: Page = { ...served, entry: 'page/demo.tsx' }

/** What needs no server: the core and a simulation run in it. Browsers load no modules from files. */
const alone: Page = {
  entry: 'page/static.tsx',
  loads: (script) => `<script defer src="${script}"></script>`,
  options: {
    format: 'iife',
    alias: { 'node:net': join(root, 'page/node/net.ts') },
    inject: [join(root, 'page/node/globals.ts')],
    conditions: ['ecs-task-stream:source', 'module'],
  },
}

const loadsScript = '<script type="module" src="page.js"></script>'
const style = 'page/page.css'

const bundle = async (directory: string, { entry, loads, options }: Page): Promise<PageManifest> => {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const {
    metafile: { outputs },
  } = await build({
    absWorkingDir: root,
    entryPoints: { page: entry, style },
    outdir: directory,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
    metafile: true,
  })
  const [script, sheet] = [outputOf(outputs, entry), outputOf(outputs, style)]
  const html = await readFile(join(root, 'page/index.html'), 'utf8')
  await writeFile(
    join(directory, 'index.html'),
    html.replace(loadsScript, loads(script)).replace('"page.css"', `"${sheet}"`),
  )
  await copyFile(join(root, 'page/icon.svg'), join(directory, 'icon.svg'))
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs))
  await writeFile(join(directory, 'LICENSES.txt'), licencesOf(inputs.map((file) => join(root, file))))
  const manifest = {
    files: [
      fileOf('index.html', false),
      fileOf(script, true),
      fileOf(sheet, true),
      fileOf('icon.svg', false),
      fileOf('LICENSES.txt', false),
    ],
  }
  await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  return manifest
}

/**
 * Bundles the page that workers serve into the directory, which is made anew: `index.html` without inline scripts or
 * styles, a script and a style sheet with the hash of their content in their names, the licences of what is in them, and
 * `manifest.json`. Takes less than a second.
 */
export const bundlePage = (directory: string): Promise<PageManifest> => bundle(directory, served)

/** Bundles the page of the demo, in the same form. It is not in the package. */
export const bundleDemoPage = (directory: string): Promise<PageManifest> => bundle(directory, besideDemo)

/** Bundles the page that needs no worker, in the same form. It works from any web server, and from a file. */
export const bundleStaticPage = (directory: string): Promise<PageManifest> => bundle(directory, alone)
