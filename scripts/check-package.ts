/**
 * Checks the package as its users get it. Packs it, installs it into an empty project, inspects and lints it, imports it
 * from JavaScript, compiles against it from TypeScript, and starts it. Prints a line for each check; exits 1 if one
 * fails.
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

/** What went wrong, in the words of the command that failed. */
const reasonOf = (thrown: unknown): string => {
  const { stdout = '', stderr = '' } = thrown as { readonly stdout?: string; readonly stderr?: string }
  return `${stdout}${stderr}`.trim() || String(thrown)
}

let failures = 0
/** Runs a check, which returns its findings, one sentence each, or throws. */
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
  // `prepack` builds first. Reads the folder, not the output, which may contain output of the build.
  execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { ...options, cwd: checkout })
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no tarball')
  return join(project, tarball)
}

const install = (tarball: string): void => {
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n')
  outputOf('npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball)
}

/** Links a tool or an optional peer: the copy of this checkout, with its own dependencies. */
const link = (name: string): void => {
  const target = join(project, 'node_modules', name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(checkout, 'node_modules', name), target)
}

/** Imports one module as JavaScript in its own Node process, and compares the packages that it loads. */
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

/** Starts every server of the simulation in a project that has none of the packages that they need. */
const missingFlaws = (): readonly string[] => {
  const servers = ['embeddedSqs', 'embeddedDynamoDb', 'embeddedRoute53', 'embeddedKinesis']
  const program = `
    const sim = await import('ecs-task-stream/sim')
    for (const name of ${JSON.stringify(servers)})
      console.log(await sim[name]().then(() => name + ' started', ({ code, message }) => code + ' ' + message))`
  const said = outputOf(process.execPath, '--input-type=module', '--eval', program).trim().split('\n')
  return servers.flatMap((name, i) =>
    said[i]?.startsWith(`PACKAGE_MISSING ${name} needs `) === true &&
    said[i].includes('npm install --save-dev ')
      ? []
      : [`${name}: ${said[i] ?? 'nothing'}`],
  )
}

/** Compiles a program that uses the root's types and every module's declarations, in the strictest mode. */
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
    '// @ts-expect-error Internal modules cannot be imported.',
    "export type Internal = typeof import('ecs-task-stream/sources/sqs-leases')",
    '',
  ]
  writeFileSync(join(folder, 'program.ts'), program.join('\n'))
  const compilerOptions = {
    ...strict,
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution,
    // Checks the declarations too: ours, and those that ours use.
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

/** Users of a module can also import the main one; those of `ecs-task-stream/worker/clusters` also the one above. */
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

/** Copies sinks and sources of `test/package/outside` into a project that has only the package. */
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
  await check('the simulation says what to install, where its optional packages are missing', missingFlaws)
  // Only the test kit needs the optional peers, so they are installed after the other checks.
  for (const subpath of subpaths) {
    if (subpath === './testing') for (const peer of ['fast-check', 'vitest']) link(peer)
    await check(`JavaScript imports ${moduleOf(subpath)}`, () => importFlaws(subpath))
  }
  link('@types/node')
  // Declarations may name no type of theirs: users have no `@types/dns-packet`.
  await check('TypeScript compiles against it without the optional packages', () => compileFlaws('bundler'))
  for (const peer of ['dns-packet', 'dynalite', 'fast-xml-parser', 'fauxqs', 'kinesalite']) link(peer)
  await check('TypeScript compiles sinks and sources of another project', compileOutside)
  await check('sinks and sources of another project keep their contracts', testOutside)
  await check('TypeScript compiles against it, as Node resolves', () => compileFlaws('nodenext'))
} catch (thrown) {
  failures += 1
  console.log(`✗ packing and installing\n${reasonOf(thrown)}`)
} finally {
  rmSync(project, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1
