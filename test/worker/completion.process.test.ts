import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { commandProcess } from './command-process.js'

const complete = async (...words: readonly string[]) => {
  const { code, out } = await commandProcess(['complete', '--', ...words]).ended
  expect(code).toBe(0)
  return out.split('\n').filter((line) => line !== '')
}

describe('the completion of a command line', () => {
  it('has workers and commands, then flags, then values', async () => {
    expect(await complete('')).toEqual(expect.arrayContaining(['traefik-table', 'plan', 'help']))
    expect(await complete('plan', '')).toEqual(bundled.map(({ name }) => name))
    expect(await complete('plan', 'envoy', '--form')).toEqual(['--format'])
    expect(await complete('envoy', '--deployments', '')).toEqual(['follow', 'ignore'])
    expect(await complete('target', '--target', 'web')).toEqual(['webhook'])
  })

  it('offers no flag twice, a switch alone, and nothing for what is free', async () => {
    expect(await complete('envoy', '--cluster', 'a', '--clus')).toEqual([])
    expect(await complete('envoy', '--dry-run', '')).toEqual(expect.arrayContaining(['on', '--cluster']))
    expect(await complete('envoy', '--cluster', '')).toEqual([])
    expect(await complete('no-such-worker', '')).toEqual([])
  })
})

/** How a shell is asked, without a terminal, what it would offer for `ecs-task-stream plan tra`. */
const shells = [
  {
    shell: 'bash',
    script: `source <(ecs-task-stream completion bash)
COMP_WORDS=(ecs-task-stream plan tra) COMP_CWORD=2
_ecs_task_stream
printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  {
    shell: 'zsh',
    script: `compdef() { : }
compadd() { shift; print -l -- "$@" }
source <(ecs-task-stream completion zsh)
words=(ecs-task-stream plan tra) CURRENT=3
_ecs_task_stream`,
  },
  {
    shell: 'fish',
    script: `ecs-task-stream completion fish | source
complete -C 'ecs-task-stream plan tra'`,
  },
]

describe.each(shells)('the script for $shell', ({ shell, script }) => {
  const directories = temporaryDirectories()
  const isMissing = spawnSync(shell, ['--version']).error !== undefined

  it(`completes a worker`, async ({ skip }) => {
    skip(isMissing, `no ${shell} on the PATH`)
    const directory = await directories()
    mkdirSync(join(directory, 'bin'))
    symlinkSync(
      join(inject('builtPrograms'), 'command/ecs-task-stream.js'),
      join(directory, 'bin/ecs-task-stream'),
    )
    const file = join(directory, 'script')
    writeFileSync(file, script)
    const { stdout, stderr } = spawnSync(shell, [file], {
      encoding: 'utf8',
      env: {
        PATH: [join(directory, 'bin'), join(process.execPath, '..'), process.env['PATH']].join(':'),
        HOME: directory,
      },
    })
    expect(stdout.trim().split('\n').sort(), stderr).toEqual(['traefik-http', 'traefik-table'])
  })
})
