import { describe, expect, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { page, pages } from './pages.js'

/** Lines of the shell blocks of a page, with continued lines joined. */
const shellLines = (text: string): readonly string[] =>
  [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n/g, ' ').split('\n'),
  )

/** What a line gives to the command, without comments. */
const argumentsOf = (line: string): readonly string[] => {
  const [, args] =
    /^[^#]*?(?:npm run worker -- |npx ecs-task-stream |^ *ecs-task-stream )([^#]*)/.exec(line) ?? []
  return args?.trim().split(/\s+/) ?? []
}

const commands = pages
  .map(({ path, text }) => ({ path, calls: shellLines(text).map(argumentsOf) }))
  .flatMap(({ path, calls }) => calls.filter((args) => args.length > 0).map((args) => ({ path, args })))

const workers = bundled.map(({ name }) => name)
const isCommand = (word: string | undefined): boolean =>
  word !== undefined &&
  [
    ...workers,
    'plan',
    'explain',
    'doctor',
    'replay',
    'journal',
    'schema',
    'completion',
    '<worker>',
    '--help',
  ].includes(word)

describe('the commands of the documentation', () => {
  it('start workers that exist', () => {
    expect(commands.length).toBeGreaterThan(20)
    expect(commands.filter(({ args: [command] }) => !isCommand(command))).toEqual([])
    const planned = commands.filter(({ args: [command] }) => command === 'plan')
    expect(planned.length).toBeGreaterThan(3)
    expect(
      planned.filter(({ args: [, worker] }) => worker !== '<worker>' && !workers.includes(worker!)),
    ).toEqual([])
  })

  it.each([
    ['traefik-v3', 'traefik-http'],
    ['route-53', 'srv-records'],
    ['prometheus', 'prometheus'],
  ])('of the tutorial %s set what the worker %s reads', async (tutorial, name) => {
    const { text } = page(`docs/tutorials/${tutorial}.md`)
    const worker = await bundled.find((each) => each.name === name)!.load()
    const reading = worker.read({}, name, ['--help'], {})
    if (reading._tag !== 'Help') throw new Error('no help')
    const exported = shellLines(text)
      .filter((line) => line.startsWith('export '))
      .flatMap((line) =>
        [...line.matchAll(/(?<=^export |\s)([A-Z_]+)=/g)].map(([, variable = '']) => variable),
      )
    // Of the AWS SDK, of the tutorial itself, and of every worker.
    const others = ['AWS_REGION', 'SUBNET', 'SECURITY_GROUP', 'PORT']
    expect(exported).toContain('CLUSTER')
    expect(exported.filter((name) => !others.includes(name) && !reading.text.includes(`[${name}=`))).toEqual(
      [],
    )
    expect(text).toContain(`npm run worker -- ${name}`)
  })
})
