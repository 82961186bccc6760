import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ran } from './witness.js'

/**
 * Downloads the packages that the file names, one a line, with what they depend on and this machine lacks, and unpacks
 * them into the folder. It needs Debian or a system made of it, but no rights: apt keeps its lists there, too.
 */
export const debianPackages = async (folder: string, names: string): Promise<void> => {
  const packages = (await readFile(names, 'utf8')).split('\n').filter((line) => line !== '')
  const own = {
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    // Nothing is installed, so nothing of the system has to be locked.
    'Debug::NoLocking': 'true',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '30',
  }
  const options = Object.entries(own).flatMap(([name, value]) => ['--option', `${name}=${value}`])
  const archives = join(folder, 'cache', 'archives')
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true })
  await mkdir(join(archives, 'partial'), { recursive: true })
  await ran('apt-get', 'update', '--quiet', ...options)
  // Those that the machine has are downloaded, too.
  const download = [
    'install',
    '--reinstall',
    '--download-only',
    '--no-install-recommends',
    '--yes',
    '--quiet',
  ]
  await ran('apt-get', ...download, ...options, ...packages)
  for (const file of await readdir(archives))
    if (file.endsWith('.deb')) await ran('dpkg-deb', '--extract', join(archives, file), join(folder, 'root'))
  await rm(join(folder, 'lists'), { recursive: true })
  await rm(join(folder, 'cache'), { recursive: true })
}

/**
 * A command that starts a program of the packages, such as `usr/sbin/haproxy`, with the libraries beside it.
 * `environment`: further variables, by the folder of the unpacked packages.
 */
export const debianProgram = async (
  folder: string,
  program: string,
  environment: (root: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<string> => {
  const root = join(folder, 'root')
  // A package may have none.
  const folders = await readdir(join(root, 'usr/lib')).catch((): string[] => [])
  const machine = folders
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(root, 'usr/lib', name))
  // Some packages keep libraries of their own in a folder below.
  const below = await Promise.all(
    machine.map(async (path) =>
      (await readdir(path, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(path, name)),
    ),
  )
  const libraries = [...machine, ...below.flat()]
  const command = join(folder, program.replaceAll('/', '-'))
  const variables = { LD_LIBRARY_PATH: libraries.join(':'), ...environment(root) }
  const script = [
    '#!/bin/sh',
    ...Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`),
    // The program takes the place of the shell, so that a signal reaches it.
    `exec '${join(root, program)}' "$@"`,
  ]
  await writeFile(command, `${script.join('\n')}\n`)
  await chmod(command, 0o755)
  return command
}
