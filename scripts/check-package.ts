/**
 * The package as its users get it: packed, installed into an empty project, looked through, linted, imported from
 * JavaScript, compiled against from TypeScript, and started. Prints a line for each check; exits 1 if one fails.
 */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { declarationFlaws } from './declaration-imports.js'
import { hiddenTypes } from './exported-types.js'
import { flawsOfFiles } from './shipped-files.js'
import { heavyImports, isHeavy } from './subpath-imports.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const project = mkdtempSync(join(realpathSync(tmpdir()), 'ecs-task-stream-'))
const installed = join(project, 'node_modules/ecs-task-stream')
const subpaths = Object.keys(heavyImports)
const moduleOf = (subpath: string): string => `ecs-task-stream${subpath.slice(1)}`

const options: ExecFileSyncOptionsWithStringEncoding = {
  cwd: project,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
}
const outputOf = (command: string, ...args: readonly string[]): string => execFileSync(command, args, options)

/** What went wrong, as the command that failed says it. */
const reasonOf = (thrown: unknown): string => {
  const { stdout = '', stderr = '' } = thrown as { readonly stdout?: string; readonly stderr?: string }
  return `${stdout}${stderr}`.trim() || String(thrown)
}

let failures = 0
/** Runs a check, which answers with what is wrong, one sentence each, or throws. */
const check = async (
  name: string,
  flawsOf: () => readonly string[] | Promise<readonly string[]>,
): Promise<void> => {
  let flaws: readonly string[]
  try {
    flaws = await flawsOf()
  } catch (thrown) {
    flaws = [reasonOf(thrown)]
  }
  if (flaws.length > 0) failures += 1
  console.log([`${flaws.length === 0 ? '✓' : '✗'} ${name}`, ...flaws].join('\n    '))
}

const pack = (): string => {
  // `prepack` builds first. The folder is read rather than the output, in which the build may have its say.
  execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { ...options, cwd: checkout })
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no tarball')
  return join(project, tarball)
}

const install = (tarball: string): void => {
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n')
  outputOf('npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball)
}

/** A tool or an optional peer, the very copy that this checkout uses: it brings its own dependencies. */
const link = (name: string): void => {
  const target = join(project, 'node_modules', name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(checkout, 'node_modules', name), target)
}

/** Imports one module in a process of its own, as plain JavaScript under plain Node, and compares what it loads. */
const importFlaws = (subpath: string): readonly string[] => {
  const trace = join(checkout, 'scripts/trace-imports.js')
  const program = `import(${JSON.stringify(moduleOf(subpath))})`
  const output = outputOf(process.execPath, '--import', trace, '--input-type=module', '--eval', program)
  const loaded = [...new Set(output.split('\n').filter((line) => line !== '' && isHeavy(line)))].sort()
  const expected = heavyImports[subpath] ?? []
  return loaded.join() === expected.join()
    ? []
    : [`loads ${loaded.join(', ') || 'nothing'}, and should load ${expected.join(', ') || 'nothing'}`]
}

/** A program that uses the root's types, and every module's declarations, in the strictest mode. */
const compileFlaws = (moduleResolution: 'nodenext' | 'bundler'): readonly string[] => {
  const folder = join(project, moduleResolution)
  mkdirSync(folder)
  const imports = subpaths.map((subpath, i) => `import * as m${String(i)} from '${moduleOf(subpath)}'`)
  const program = [
    ...imports,
    "import { run, servicePorts, type Worker } from 'ecs-task-stream'",
    "import { memory as source } from 'ecs-task-stream/sources/memory'",
    "import { memory as sink } from 'ecs-task-stream/sinks/memory'",
    `export const modules: readonly object[] = [${subpaths.map((_, i) => `m${String(i)}`).join(', ')}]`,
    'export const worker = (): Worker =>',
    '  run({ sources: [source()], sinks: [sink()], expose: servicePorts() })',
    '// @ts-expect-error What nobody else may rely on cannot be imported.',
    "export type Internal = typeof import('ecs-task-stream/sources/sqs-leases')",
    '',
  ]
  writeFileSync(join(folder, 'program.ts'), program.join('\n'))
  const compilerOptions = {
    ...strict,
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution,
    // Checks the declarations themselves, ours and those that they rest on.
    skipLibCheck: false,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['program.ts'] }))
  outputOf(process.execPath, compiler, '-p', folder)
  return []
}

const typesOf = (subpath: string): string => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>
  }
  return join(installed, manifest.exports[subpath]?.types ?? '')
}

/** A module's users have the main one at hand, and those of `ecs-task-stream/worker/clusters` the one above. */
const hiddenFlaws = (): readonly string[] => {
  const bySubpath = new Map(subpaths.map((subpath) => [typesOf(subpath), subpath]))
  const others = (entry: string): readonly string[] => {
    const of = bySubpath.get(entry) ?? ''
    return subpaths.filter((subpath) => subpath === '.' || of.startsWith(`${subpath}/`)).map(typesOf)
  }
  return [...hiddenTypes([...bySubpath.keys()], others)].flatMap(([entry, types]) =>
    types.map(
      ({ name, shownBy }) =>
        `${moduleOf(bySubpath.get(entry) ?? '')} shows ${name} in ${shownBy}, and does not export it`,
    ),
  )
}

const libraryFlaws = (): readonly string[] => declarationFlaws(installed, subpaths.map(typesOf))

const outside = join(project, 'outside')
const compiler = join(checkout, 'node_modules/typescript/bin/tsc')
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
}

/** Sinks and sources of `test/package/outside`, as files of a project that has the package alone. */
const compileOutside = (): readonly string[] => {
  cpSync(join(checkout, 'test/package/outside'), outside, { recursive: true })
  const compilerOptions = { ...strict, module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: true }
  writeFileSync(join(outside, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  outputOf(process.execPath, compiler, '-p', outside)
  return []
}

const testOutside = (): readonly string[] => {
  outputOf(process.execPath, join(checkout, 'node_modules/vitest/vitest.mjs'), 'run', '--root', outside)
  return []
}

const exportFlaws = (): readonly string[] => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const exported = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')
  return [...new Set([...exported, ...subpaths])]
    .filter((subpath) => !exported.includes(subpath) || !subpaths.includes(subpath))
    .map((subpath) => `${subpath} is not both in the exports and in the list of what they load`)
}

try {
  const tarball = pack()
  install(tarball)
  await check('ships what users need and nothing else', () => flawsOfFiles(installed, checkout))
  await check('publint has no complaint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true })
    return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
  })
  await check('the list of what each module loads is whole', exportFlaws)
  await check('exported types name no library that it decodes with', libraryFlaws)
  await check('every type that an export shows is exported, there or by the main module', hiddenFlaws)
  await check('`ecs-task-stream --help` starts', () => {
    const help = outputOf('npx', '--no-install', 'ecs-task-stream', '--help')
    return help.includes('Usage: ecs-task-stream') ? [] : [`it says: ${help}`]
  })
  // The test kit is the only part that needs the optional peers, so they are not there before.
  for (const subpath of subpaths) {
    if (subpath === './testing') for (const peer of ['fast-check', 'vitest']) link(peer)
    await check(`JavaScript imports ${moduleOf(subpath)}`, () => importFlaws(subpath))
  }
  link('@types/node')
  await check('TypeScript compiles parts that somebody outside wrote', compileOutside)
  await check('parts that somebody outside wrote keep their contracts', testOutside)
  await check('TypeScript compiles against it, as Node resolves', () => compileFlaws('nodenext'))
  await check('TypeScript compiles against it, as bundlers resolve', () => compileFlaws('bundler'))
} catch (thrown) {
  failures += 1
  console.log(`✗ packing and installing\n${reasonOf(thrown)}`)
} finally {
  rmSync(project, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1
