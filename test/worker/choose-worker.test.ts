import { describe, expect, it } from 'vitest'
import { chooseWorker, required, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'
import { memory } from 'ecs-task-stream/sinks/memory'

const target = (name: string, setting: string) =>
  defineTarget({
    name,
    summary: `Tells ${name}`,
    settings: { [setting]: required(text('text'), { description: 'It says so', example: 'x' }) },
    sink: () => memory(),
  })

const worker = chooseWorker({
  name: 'target',
  summary: 'Tells one target',
  by: 'target',
  workers: [target('one', 'oneUrl'), target('two', 'twoUrl')],
})

const read = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  worker.read({}, 'ecs-task-stream target', argv, env)

const problems = (argv: readonly string[], env?: Readonly<Record<string, string>>) => {
  const reading = read(argv, env)
  return reading._tag === 'Problems' ? reading.problems.map(({ where }) => where) : []
}

describe('chooseWorker', () => {
  it('has the settings of the one that is chosen, by flag or variable', () => {
    expect(problems(['--target', 'one'])).toEqual(['CLUSTER (--cluster)', 'ONE_URL (--one-url)'])
    expect(problems(['--target=two', '--cluster', 'staging'])).toEqual(['TWO_URL (--two-url)'])
    expect(problems([], { TARGET: 'two', CLUSTER: 'staging' })).toEqual(['TWO_URL (--two-url)'])
    const reading = read(['--one-url', 'x', '--target', 'one'], { TARGET: 'two', CLUSTER: 'staging' })
    expect(reading._tag).toBe('Settings')
  })

  it('refuses the flags of the others, and leaves their variables alone', () => {
    const env = { CLUSTER: 'staging', ONE_URL: 'x', TWO_URL: 'x' }
    expect(problems(['--target', 'one', '--two-url', 'x'], env)).toEqual(['--two-url'])
    expect(problems(['--target', 'one'], env)).toEqual([])
  })

  it('says what there is to choose from', () => {
    expect(problems([])).toEqual(['TARGET (--target)'])
    const wrong = read(['--target', 'three'])
    expect(wrong).toMatchObject({
      problems: [{ where: 'TARGET (--target)', message: 'expected one of one, two, got "three"' }],
    })
    const help = read(['--help'])
    expect(help._tag === 'Help' ? help.text : '').toContain('  two: Tells two.\n')
  })

  it('has the help of the one that is chosen', () => {
    const help = read(['--help'], { TARGET: 'two' })
    expect(help._tag === 'Help' ? help.text : '').toMatch(/--two-url <text>/)
  })
})
