import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Makes empty directories, which are removed after the tests of the file. */
export const temporaryDirectories = (): (() => Promise<string>) => {
  const made: string[] = []
  afterAll(() => Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true }))))
  return async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-'))
    made.push(directory)
    return directory
  }
}
