import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chown, mkdir, readlink, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, inject, it } from 'vitest'
import { atomicFile } from '../../src/sinks/document/atomic-file.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const temporary = temporaryDirectories()
const isRoot = process.getuid?.() === 0
/** `nobody`: a superuser is refused nothing. */
const unprivileged = 65_534

const writer = (path: string, size: number, as: { readonly uid?: number; readonly gid?: number } = {}) =>
  spawn(
    process.execPath,
    [join(inject('builtPrograms'), 'test/support/atomic-writer.js'), path, String(size)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...as,
    },
  )

const temporaryFilesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.endsWith('.tmp'))

describe('a file that is replaced', () => {
  it('reads as undefined before it is there, and then as what was written, with nothing left beside it', async () => {
    const directory = await temporary()
    const file = atomicFile(join(directory, 'routes.yml'))
    expect(await file.read()).toBeUndefined()
    expect(await file.replace('one', undefined)).toBe(true)
    expect(await file.read()).toBe('one')
    expect(await file.replace('two', 'one')).toBe(true)
    expect(await file.read()).toBe('two')
    expect(readdirSync(directory)).toEqual(['routes.yml'])
  })

  it('is left alone when it is not as expected: another text, there already, or gone', async () => {
    const directory = await temporary()
    const path = join(directory, 'routes.yml')
    const file = atomicFile(path)
    expect(await file.replace('mine', 'theirs')).toBe(false)
    expect(await file.read()).toBeUndefined()
    await writeFile(path, 'theirs')
    expect(await file.replace('mine', undefined)).toBe(false)
    expect(await file.replace('mine', 'older')).toBe(false)
    expect(await file.read()).toBe('theirs')
    expect(readdirSync(directory)).toEqual(['routes.yml'])
  })

  it('loses no write of several that race: each sees the one before it', async () => {
    const path = join(await temporary(), 'count')
    const count = async (): Promise<void> => {
      const file = atomicFile(path)
      for (;;) {
        const held = await file.read()
        if (await file.replace(String(Number(held ?? 0) + 1), held)) return
      }
    }
    await Promise.all(Array.from({ length: 25 }, count))
    expect(await atomicFile(path).read()).toBe('25')
  })

  it('is readable by everybody when it is new, and keeps its mode and owner when it is not', async () => {
    const path = join(await temporary(), 'routes.yml')
    const file = atomicFile(path)
    const umask = process.umask(0o077)
    try {
      await file.replace('one', undefined)
    } finally {
      process.umask(umask)
    }
    expect(statSync(path).mode & 0o777).toBe(0o644)
    chmodSync(path, 0o640)
    if (isRoot) await chown(path, unprivileged, unprivileged)
    await file.replace('two', 'one')
    const { mode, uid } = statSync(path)
    expect(mode & 0o777).toBe(0o640)
    if (isRoot) expect(uid).toBe(unprivileged)
  })

  it('is replaced at the target of a symbolic link, and the link stays', async () => {
    const directory = await temporary()
    await mkdir(join(directory, 'real'))
    await writeFile(join(directory, 'real', 'routes.yml'), 'one')
    const link = join(directory, 'link.yml')
    await symlink('real/routes.yml', link)
    expect(await atomicFile(link).replace('two', 'one')).toBe(true)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(await readlink(link)).toBe('real/routes.yml')
    expect(readFileSync(join(directory, 'real', 'routes.yml'), 'utf8')).toBe('two')
  })

  it('removes what killed writers have left for more than a minute, and no other file', async () => {
    const directory = await temporary()
    const path = join(directory, 'routes.yml')
    const long = new Date(Date.now() - 3_600_000)
    for (const name of ['.routes.yml.old.tmp', '.other.yml.old.tmp', '.routes.yml.bak']) {
      await writeFile(join(directory, name), 'half')
      await utimes(join(directory, name), long, long)
    }
    await writeFile(join(directory, '.routes.yml.young.tmp'), 'half')
    await atomicFile(path).replace('one', undefined)
    expect(readdirSync(directory).sort()).toEqual([
      '.other.yml.old.tmp',
      '.routes.yml.bak',
      '.routes.yml.young.tmp',
      'routes.yml',
    ])
  })
})

describe('a writer killed with SIGKILL in the middle', () => {
  it('leaves the old text or the new one, and readers never see half of any', async () => {
    const directory = await temporary()
    const path = join(directory, 'routes.yml')
    const size = 1_000_000
    const isWhole = (found: string): boolean =>
      found.length === size && found === (found[0] ?? '').repeat(size)
    for (let round = 1; round <= 4; round++) {
      const child = writer(path, size)
      const errors = text(child.stderr)
      let written = 0
      // Each line comes just before a write: at the last one it is in the middle of it.
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        written += chunk.length / 2
        const found = await atomicFile(path).read()
        if (found !== undefined) expect(isWhole(found)).toBe(true)
        if (written >= 3 * round) child.kill('SIGKILL')
      }
      expect(await errors).toBe('')
      expect(isWhole(readFileSync(path, 'utf8'))).toBe(true)
    }
    const long = new Date(Date.now() - 3_600_000)
    for (const name of temporaryFilesIn(directory)) await utimes(join(directory, name), long, long)
    const held = readFileSync(path, 'utf8')
    expect(await atomicFile(path).replace('next', held)).toBe(true)
    expect(readdirSync(directory)).toEqual(['routes.yml'])
  })
})

describe('what is wrong with a path is said with what to do', () => {
  const failing = async (path: string): Promise<string> => {
    const file = atomicFile(path)
    const outcome = await file
      .read()
      .then(() => file.replace('one', undefined))
      .catch((thrown: unknown) => thrown)
    if (!(outcome instanceof Error)) throw new Error(`it went through: ${String(outcome)}`)
    return outcome.message
  }

  it('no directory', async () => {
    const path = join(await temporary(), 'absent', 'routes.yml')
    expect(await failing(path)).toMatch(
      /^cannot read .*routes\.yml: there is no directory .*absent: create it/,
    )
  })

  it('a file where the directory should be', async () => {
    const directory = await temporary()
    await writeFile(join(directory, 'file'), '')
    expect(await failing(join(directory, 'file', 'routes.yml'))).toContain('there is no directory')
  })

  it('a directory where the file should be', async () => {
    const directory = await temporary()
    expect(await failing(directory)).toContain('it is not a regular file: give the path of one')
  })

  it('a symbolic link to nothing, and one to itself', async () => {
    const directory = await temporary()
    await symlink('absent.yml', join(directory, 'dangling.yml'))
    await symlink('circle.yml', join(directory, 'circle.yml'))
    expect(await failing(join(directory, 'dangling.yml'))).toContain(
      'a symbolic link to a file that does not exist',
    )
    expect(await failing(join(directory, 'circle.yml'))).toContain('form a circle')
  })

  it('a file that is larger than any of ours', async () => {
    const path = join(await temporary(), 'routes.yml')
    await writeFile(path, Buffer.alloc(64 * 1024 * 1024 + 1, ' '))
    expect(await failing(path)).toContain('it has 67108865 bytes')
  })

  it('a directory that this process may not write into', async () => {
    const directory = await temporary()
    chmodSync(directory, 0o555)
    const child = writer(
      join(directory, 'routes.yml'),
      10,
      isRoot ? { uid: unprivileged, gid: unprivileged } : {},
    )
    const [errors, [code]] = await Promise.all([
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ])
    chmodSync(directory, 0o755)
    expect(errors).toContain(`it must be able to read the file, and to write into the directory ${directory}`)
    expect(code).toBe(1)
  })
})
