import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { EMPTY } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from 'ecs-task-stream'
import { systemClock } from 'ecs-task-stream'
import type { Terminal } from 'ecs-task-stream/worker'
import { encodeEntry } from '../../src/journal/journal.js'
import { replayCommand } from '../../src/worker/replay/replay-command.js'
import { cluster, observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { commandProcess } from './command-process.js'

const temporary = temporaryDirectories()
const start = Date.UTC(2026, 0, 2, 3)
const iso = (second: number) => new Date(start + second * 1000).toISOString()

const changed = (
  id: string,
  version: number,
  second: number,
  more: Parameters<typeof observed>[0] | object = {},
): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, version, at: start + second * 1000, ...more }),
})
const stopped = { last: 'STOPPED', desired: 'STOPPED' }
const listed = (second: number, ...ids: readonly string[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: start + second * 1000,
  tasks: ids.map((id) => observed({ id, version: 9, at: start + second * 1000, port: 5000 })),
})

const line = (second: number, source: string, ...events: readonly ClusterEvent[]): string => {
  const encoded = encodeEntry(start + second * 1000, source, events)
  if (encoded._tag !== 'Line') throw new Error(encoded.reason)
  return `${encoded.line}\n`
}

/** A task that runs, stops, and of which an old event comes late; another one on another port; then a snapshot. */
const story = [
  line(0, 'sqs', changed('old', 2, 0, { last: 'PENDING', port: 4000 })),
  line(10, 'sqs', changed('old', 3, 9, { port: 4000 })),
  line(20, 'sqs', changed('new', 3, 19, { port: 5000 })),
  line(30, 'sqs', changed('old', 5, 29, { ...stopped, port: 4000 })),
  line(40, 'sqs', changed('old', 4, 28, { port: 4000 })),
  line(41, 'sqs', changed('old', 5, 29, { ...stopped, port: 4000 })),
  line(50, 'sqs', changed('lost', 3, 49, { port: 6000 })),
  line(55, 'snapshots', listed(55, 'new')),
  line(120, 'snapshots', listed(118, 'new')),
]

const written = async (content: string | Uint8Array, name = 'events.jsonl'): Promise<string> => {
  const file = join(await temporary(), name)
  await writeFile(file, content)
  return file
}

/** The command in this process, for all that does not need one of its own. */
const replayed = (...argv: readonly string[]) => replayedOn({}, ...argv)

const replayedOn = async (more: Partial<Terminal>, ...argv: readonly string[]) => {
  const written = { code: 0, out: '', err: '' }
  const terminal: Terminal = {
    env: {},
    out: (words) => void (written.out += words),
    err: (words) => void (written.err += words),
    log: { write: () => undefined },
    stops$: EMPTY,
    exit: () => undefined,
    ...more,
  }
  written.code = await replayCommand(argv, terminal)
  return written
}

interface Printed {
  readonly complete: boolean
  readonly deliveries: number
  readonly backends: readonly {
    readonly name: string
    readonly complete: boolean
    readonly endpoints: readonly { readonly port: number }[]
    readonly gone: readonly { readonly port: number }[]
  }[]
  readonly explanation?: {
    readonly tasks: readonly {
      readonly task: string
      readonly standing: string
      readonly steps: readonly { readonly news: boolean; readonly told: { readonly _tag: string } }[]
    }[]
  }
  readonly answer?: { readonly subjects: readonly { readonly _tag: string }[] }
}

const json = async (...argv: readonly string[]): Promise<Printed> => {
  const { code, out, err } = await replayed(...argv, '--format', 'json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Printed
}

describe('ecs-task-stream replay', () => {
  it('shows on a terminal how much of large files it has read, and takes that away', async () => {
    const file = await written(`${story[0] ?? ''}\n`.repeat(3_000))
    const clock = { ...systemClock, now: () => (now += 1_000) }
    let now = 0
    const { code, out, err } = await replayedOn({ isInteractive: true, clock }, file, '--explain', 'web')
    expect(code).toBe(0)
    expect(out).toContain('3000 deliveries')
    const [, ...shown] = err.split('\r\x1b[K')
    expect(shown.length).toBeGreaterThan(2)
    expect(shown.at(-1)).toBe('')
    for (const text of shown.filter((each) => each !== ''))
      expect(text).toMatch(/^\d+ of \d+ MB of recordings read \(\d+ %\), about \d+ s left$/)
  })

  it('prints what was wanted, as a process of its own', async () => {
    const file = await written(gzipSync(story.join('')))
    const { code, out, err } = await commandProcess(['replay', file]).ended
    expect({ code, err: err.replace(/^\(.*$/gm, '').trim() }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`9 deliveries received, the last at ${iso(120)}`)
    expect(out).toContain('web: 1 endpoint, complete\n  + 10.0.0.1:5000  task/staging/new  web:80/tcp\n')
  })

  it('takes flags before and after its files, and exits 1 for one that is missing, with its name', async () => {
    const argv = ['replay', '--format', 'json', await written(story.join('')), '/nonexistent/journal.jsonl']
    const { code, out, err } = await commandProcess([...argv, '--until', iso(5)]).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('ecs-task-stream replay: ENOENT')
    expect(err).toContain('/nonexistent/journal.jsonl')
  })

  it.each([
    [5, { complete: false, endpoints: [], gone: [] }],
    [10, { complete: false, endpoints: [4000], gone: [] }],
    [20, { complete: false, endpoints: [4000, 5000], gone: [] }],
    [30, { complete: false, endpoints: [5000], gone: [] }],
    [50, { complete: false, endpoints: [5000, 6000], gone: [] }],
    // The snapshot does not name the newest task, which is too young to be ruled out by it.
    [60, { complete: true, endpoints: [5000, 6000], gone: [] }],
    [120, { complete: true, endpoints: [5000], gone: [] }],
  ])('with --until shows what was wanted after %d seconds', async (second, expected) => {
    const { backends, complete } = await json(await written(story.join('')), '--until', iso(second))
    const web = backends.find(({ name }) => name === 'web')
    expect({
      complete,
      endpoints: web?.endpoints.map(({ port }) => port) ?? [],
      gone: web?.gone.map(({ port }) => port) ?? [],
    }).toEqual(expected)
  })

  it('shows what is known to be gone where no snapshot is recorded', async () => {
    const file = await written(story.slice(0, 7).join(''))
    const { backends, complete } = await json(file)
    expect(complete).toBe(false)
    expect(backends).toMatchObject([{ name: 'web', complete: false, gone: [{ port: 4000 }] }])
    expect((await replayed(file)).out).toContain(
      'web: 2 endpoints, 1 gone, incomplete: there may be more\n  + 10.0.0.1:5000',
    )
    expect((await replayed(file)).out).toContain('  - 10.0.0.1:4000\n\nNo complete snapshot: staging\n')
  })

  it('heeds the skew allowance', async () => {
    const file = await written(story.join(''))
    const ports = async (skewAllowance: string) =>
      (await json(file, '--until', iso(60), '--skew-allowance', skewAllowance)).backends[0]?.endpoints.map(
        ({ port }) => port,
      )
    expect(await ports('30')).toEqual([5000, 6000])
    expect(await ports('1')).toEqual([5000])
  })

  it('puts several files in the order of receipt', async () => {
    const odd = await written(story.filter((_, i) => i % 2 === 1).join(''))
    const even = await written(story.filter((_, i) => i % 2 === 0).join(''))
    const whole = await replayed(await written(story.join('')), '--explain', 'web')
    const parts = await replayed(odd, even, '--explain', 'web')
    expect(parts.out.replace(/jsonl:\d+/g, '')).toBe(whole.out.replace(/jsonl:\d+/g, ''))
  })

  it('with --explain prints for each task what came, what it changed, and what was ignored and why', async () => {
    const { code, out } = await replayed(await written(story.join('')), '--explain', 'web')
    expect(code).toBe(0)
    expect(out).toContain('3 tasks, with what was received about each:')
    expect(out).toContain(
      [
        '  task/staging/old: gone from 10.0.0.1:4000',
        `      ${iso(0)}  sqs  events.jsonl:1`,
        `        version 2 of ${iso(0)}: desired status RUNNING, last status PENDING, group service:web, address 10.0.0.1, container web PENDING, ports of web 80/tcp at 4000`,
        '        ⇒ pending',
        `      ${iso(10)}  sqs  events.jsonl:2`,
        `        version 3 of ${iso(9)}: last status PENDING → RUNNING, container web PENDING → RUNNING`,
        '        ⇒ live at 10.0.0.1:4000',
        `      ${iso(30)}  sqs  events.jsonl:4`,
        `        version 5 of ${iso(29)}: desired status RUNNING → STOPPED, last status RUNNING → STOPPED, container web RUNNING → STOPPED`,
        '        ⇒ gone from 10.0.0.1:4000',
        `      ${iso(40)}  sqs  events.jsonl:5`,
        `        version 4 of ${iso(28)}: ignored: older than the known version 5`,
        `      ${iso(41)}  sqs  events.jsonl:6`,
        `        version 5 of ${iso(29)}: ignored: nothing new about this version`,
      ].join('\n'),
    )
    expect(out).toContain(
      [
        '        ⇒ live at 10.0.0.1:6000',
        `      ${iso(55)}  snapshots  events.jsonl:8`,
        `        not in the snapshot started at ${iso(55)}: kept: the snapshot is not newer by more than the skew allowance`,
        `      ${iso(120)}  snapshots  events.jsonl:9`,
        `        not in the snapshot started at ${iso(118)}: ruled out: the snapshot is newer by more than the skew allowance`,
        '        ⇒ gone from 10.0.0.1:6000',
      ].join('\n'),
    )
  })

  it('explains a wait for lookups, and what they brought', async () => {
    const task = { ...observed({ id: 'a', at: start }), interface: undefined, instance: 'arn:i/staging/box' }
    const file = await written(
      line(0, 'sqs', { _tag: 'TaskChanged', task }) +
        line(5, 'instances', {
          _tag: 'InstanceDescribed',
          instance: 'arn:i/staging/box',
          addresses: { ipv4: '10.1.1.1', ipv6: undefined },
          at: start,
        }),
    )
    const { out } = await replayed(file, '--explain', 'web')
    expect(out).toContain('⇒ live, and not offered: the address of arn:i/staging/box is not known yet')
    expect(out).toContain('learned: address of instance box 10.1.1.1\n        ⇒ live at 10.1.1.1:32768')
    const before = await json(file, '--until', iso(1), '--explain', 'web')
    expect(before.explanation?.tasks[0]?.standing).toContain('not offered')
  })

  it('explains which revision is held back by a deployment, and until when', async () => {
    const place = 'arn:aws:ecs:eu-west-1:123456789012'
    const revision = (name: string, startedBy: string, production: number) => ({
      revision: name,
      definition: undefined,
      startedBy: [startedBy],
      production,
      test: 0,
    })
    const described = (stage: string, green: number, at: number): ClusterEvent => ({
      _tag: 'DeploymentDescribed',
      service: `${place}:service/staging/web`,
      at,
      rollout: {
        _tag: 'Shifting',
        deployment: `${place}:service-deployment/staging/web/d1`,
        strategy: 'BLUE_GREEN',
        status: 'IN_PROGRESS',
        stage,
        source: [revision('old', 'ecs-svc/1', 100 - green)],
        target: revision('new', 'ecs-svc/2', green),
        paused: undefined,
      },
    })
    const task = (id: string, host: string, startedBy: string): ClusterEvent => ({
      _tag: 'TaskChanged',
      task: { ...observed({ id, host, at: start }), startedBy },
    })
    const file = await written(
      line(0, 'sqs', task('blue', '10.0.0.1', 'ecs-svc/1')) +
        line(1, 'sqs', task('green', '10.0.0.2', 'ecs-svc/2')) +
        line(2, 'ecs', described('SCALE_UP', 0, 1)) +
        line(9, 'ecs', described('BAKE_TIME', 100, 2)),
    )
    const { out } = await replayed(file, '--explain', 'web')
    expect(out).toContain(
      '⇒ live, and not offered: its revision has no production traffic: deployment d1 (BLUE_GREEN, IN_PROGRESS) is in stage SCALE_UP',
    )
    expect(out).toContain(
      'learned: deployment d1 in stage SCALE_UP, new revision 0 % → d1 in stage BAKE_TIME, new revision 100 %',
    )
    expect(out).toMatch(/task\/staging\/green: live at 10\.0\.0\.2/)
  })

  it('explains for programs, too', async () => {
    const { explanation } = await json(await written(story.join('')), '--explain', 'web')
    const old = explanation?.tasks.find(({ task }) => task.endsWith('/old'))
    expect(old?.steps.map(({ news }) => news)).toEqual([true, true, true, false, false])
    expect(explanation?.tasks).toHaveLength(3)
  })

  it('explains a task, or an address, by the last state', async () => {
    const file = await written(story.join(''))
    const { code, out } = await replayed(file, '--explain', '10.0.0.1:5000')
    expect(code).toBe(0)
    expect(out).toMatch(/^9 deliveries received, the last at /)
    expect(out).toContain('task/staging/new (service:web): routed')
    expect((await replayed(file, '--explain', 'old')).out).toMatch(
      /old \(service:web\): BROKEN at status: it is gone/,
    )
    const { answer } = await json(file, '--explain', 'lost', '--until', iso(52))
    expect(answer?.subjects).toMatchObject([{ _tag: 'Task' }])
  })

  it('explains by the policy that is named', async () => {
    const file = await written(story.join(''))
    const { code, out } = await replayed(file, '--policy', 'traefik-labels', '--explain', 'new')
    expect(code).toBe(0)
    expect(out).toContain('waiting at definition')
  })

  it('names a backend that was probably meant, and exits 1', async () => {
    const { code, out, err } = await replayed(await written(story.join('')), '--explain', 'wep')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('nothing that is known matches "wep"; did you mean web?')
  })

  it('names backends as the worker does, and leaves out other clusters', async () => {
    const file = await written(story.join(''))
    const named = await json(file, '--backend-name', '{cluster}-{service}', '--cluster', 'staging,other')
    expect(named.backends.map(({ name }) => name)).toEqual(['staging-web'])
    expect((await json(file, '--cluster', 'other')).backends).toEqual([])
  })

  it('reports bad lines by file and number, and continues', async () => {
    const file = await written(`${story[0] ?? ''}not json\n{"v":1,"at":1,"source":"sqs","events":[{}]}\n`)
    await appendFile(file, `${story[1] ?? ''}${(story[2] ?? '').slice(0, 50)}`)
    const { code, out, err } = await replayed(file)
    expect(code).toBe(0)
    expect(out).toContain('2 deliveries received')
    expect(err.split('\n')).toEqual([
      expect.stringContaining(`${file}:2: $: expected JSON`),
      expect.stringContaining(`${file}:3: $.events[0]: expected an event`),
      `${file}:5: the file ends in the middle of this line; the line is ignored`,
      '',
    ])
  })

  it('prints twenty of them, and how many more there are', async () => {
    const { err } = await replayed(await written(`${story[0] ?? ''}${'bad\n'.repeat(23)}`))
    expect(err.trim().split('\n')).toHaveLength(21)
    expect(err).toContain('… and 3 more bad lines')
  })

  it('exits 1 when nothing can be read, or the file is a directory', async () => {
    expect(await replayed(await written('bad\n'))).toMatchObject({ code: 1, out: '' })
    const directory = join(await temporary(), 'directory')
    await mkdir(directory)
    const { code, err } = await replayed(directory)
    expect(code).toBe(1)
    expect(err).toContain('EISDIR')
    expect((await replayed(directory, '--explain', 'web')).err).toContain('not a regular file')
  })

  it('of an empty journal prints that there is nothing', async () => {
    expect(await replayed(await written(''))).toEqual({ code: 0, out: '0 deliveries received\n\n', err: '' })
  })

  it('prints every problem with its settings at once, and its help', async () => {
    const { code, err } = await replayed('--until', 'noon', '--format', 'xml', '--explian', 'web')
    expect(code).toBe(64)
    for (const problem of [
      'file: missing',
      'UNTIL (--until)',
      'FORMAT (--format)',
      'did you mean --explain?',
    ])
      expect(err).toContain(problem)
    const help = await commandProcess(['replay', '--help']).ended
    expect(help).toMatchObject({ code: 0 })
    expect(help.out).toContain('--explain <question>')
  })
})
