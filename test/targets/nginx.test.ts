import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClusterEvent, run, servicePorts, systemClock } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NginxFilesOptions } from '../../src/sinks/nginx/index.js'
import { printUpstream } from '../../src/sinks/nginx/upstream.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { filesIn, nginxLaws, sinkFor, upstreamsIn } from '../sinks/nginx-laws.js'
import { cluster } from '../support/observed-task.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { needs } from '../tiers/needs.js'
import { container } from './container.js'
import { changed, listed, running, stopping, until } from './task-events.js'
import { nginxIsMissing, type NginxProcess, nginxProcess, nginxProgram } from './nginx-process.js'

const temporary = temporaryDirectories()

/** A worker with the sink, and what has happened to its cluster. */
const worker = (nginx: NginxProcess, more: Partial<NginxFilesOptions> = {}) => {
  const source = memorySource({ covers: [cluster] })
  const running = run(
    { sources: [source], sinks: [sinkFor(nginx, more)], expose: servicePorts(), minWriteIntervalMs: 0 },
    { clock: systemClock, random: Math.random },
  )
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= running.stop())
  onTestFinished(stop)
  return { happens: (...events: readonly ClusterEvent[]): void => void source.push(...events), stop }
}

const answers = async (nginx: NginxProcess, count = 4): Promise<readonly string[]> => {
  const found = new Set<string>()
  for (let n = 0; n < count; n++) found.add(await nginx.routed('web.test'))
  return [...found].sort()
}

/** Waits until these answer, and no process with an older configuration can answer any more. */
const answered = (nginx: NginxProcess, expected: readonly string[], count?: number): Promise<void> =>
  until(async () => {
    expect(await answers(nginx, count)).toEqual(expected)
    expect(nginx.answersAlone()).toBe(true)
  })

describe('a real nginx', needs(nginxIsMissing), () => {
  nginxLaws('nginxFiles', async () => nginxProcess(await temporary()), 3)

  it('sends requests where tasks run, and follows what happens; without a task it answers 503', async () => {
    const nginx = await nginxProcess(await temporary())
    const [one, two] = [await container('one'), await container('two')]
    const [first, second] = [running('t1', one.port), running('t2', two.port)]
    const { happens } = worker(nginx)
    happens(listed(first))
    await answered(nginx, ['one'])
    happens(changed(second))
    await answered(nginx, ['one', 'two'])
    happens(stopping(first))
    await answered(nginx, ['two'])
    const before = one.requests()
    for (let n = 0; n < 20; n++) await nginx.routed('web.test')
    expect(one.requests()).toBe(before)
    happens(stopping(second))
    await answered(nginx, ['503'])
    // What nginx says by itself, and why the lines of the example are there.
    expect(await nginx.routed('web.test', '/plain')).toBe('502')
    happens(changed(running('t3', one.port)))
    await answered(nginx, ['one'])
  })

  it('keeps 502 for a task that does not answer, with the lines that make 503 of nobody', async () => {
    const nginx = await nginxProcess(await temporary())
    const gone = await container('gone')
    await reconciled(
      sinkFor(nginx, { maxFails: 0 }),
      backendsOf([backendOf('web', [{ host: '127.0.0.1', port: gone.port }])]),
    )
    await answered(nginx, ['gone'])
    await reconciled(
      sinkFor(nginx, { maxFails: 0 }),
      backendsOf([backendOf('web', [{ host: '127.0.0.1', port: 1 }])]),
    )
    await answered(nginx, ['502'])
  })

  it('balances by weights', async () => {
    const nginx = await nginxProcess(await temporary())
    const [one, two] = [await container('one'), await container('two')]
    const backend = backendOf('web', [
      { host: '127.0.0.1', port: one.port },
      { host: '127.0.0.1', port: two.port },
    ])
    await reconciled(
      sinkFor(nginx),
      backendsOf([
        {
          ...backend,
          endpoints: backend.endpoints.map((each) => ({ ...each, weight: each.port === one.port ? 3 : 1 })),
        },
      ]),
    )
    await answered(nginx, ['one', 'two'], 8)
    const [ones, twos] = [one.requests(), two.requests()]
    for (let n = 0; n < 40; n++) await nginx.routed('web.test')
    expect([one.requests() - ones, two.requests() - twos]).toEqual([30, 10])
  })

  it('goes on while a worker is down, and has what has changed when the next one starts', async () => {
    const nginx = await nginxProcess(await temporary())
    const [one, two] = [await container('one'), await container('two')]
    const [first, second] = [running('t1', one.port), running('t2', two.port)]
    const before = worker(nginx)
    before.happens(listed(first, second))
    await answered(nginx, ['one', 'two'])
    await before.stop()
    expect(await answers(nginx)).toEqual(['one', 'two'])
    const next = worker(nginx)
    next.happens(listed(second))
    await answered(nginx, ['two'])
  })

  it('may be down: what happens then is in the files, and it has it when it starts again', async () => {
    const nginx = await nginxProcess(await temporary())
    const [one, two] = [await container('one'), await container('two')]
    const first = running('t1', one.port)
    const { happens } = worker(nginx)
    happens(listed(first))
    await answered(nginx, ['one'])
    await nginx.end()
    happens(changed(running('t2', two.port)), stopping(first))
    await until(() =>
      expect(filesIn(upstreamsIn(nginx))['web.conf']).toMatch(
        new RegExp(`server 127\\.0\\.0\\.1:${two.port};`),
      ),
    )
    await until(() => expect(filesIn(upstreamsIn(nginx))['web.conf']).not.toContain(`:${one.port};`))
    await nginx.start()
    await answered(nginx, ['two'])
    happens(changed(running('t3', one.port)))
    await answered(nginx, ['one', 'two'])
  })

  it('gets its signal by the file with its process ID', async () => {
    const nginx = await nginxProcess(await temporary())
    const one = await container('one')
    const { happens } = worker(nginx, { pidFile: nginx.pidFile })
    happens(listed(running('t1', one.port)))
    await answered(nginx, ['one'])
  })

  it('loses no request of new connections while tasks come and go', async () => {
    const nginx = await nginxProcess(await temporary())
    const servers = await Promise.all(['a', 'b', 'c'].map((name) => container(name)))
    const { happens } = worker(nginx, { reloadIntervalMs: 100 })
    let tasks = servers.map(({ port }, i) => running(`t${i}`, port))
    happens(listed(...tasks))
    await answered(nginx, ['a', 'b', 'c'], 12)
    const seen = new Set<string>()
    for (let round = 0; round < 8; round++) {
      // One goes, and comes back as another task at the same address.
      const [leaving, ...others] = tasks
      const server = servers[round % servers.length]
      if (leaving === undefined || server === undefined) throw new Error('there is no task')
      happens(stopping(leaving))
      for (let n = 0; n < 20; n++) seen.add(await nginx.routed('web.test'))
      const next = running(`t${round + 3}`, server.port)
      happens(changed(next))
      tasks = [...others, next]
      for (let n = 0; n < 20; n++) seen.add(await nginx.routed('web.test'))
    }
    expect([...seen].sort()).toEqual(['a', 'b', 'c'])
  })

  it('accepts the example', async () => {
    const home = await temporary()
    mkdirSync(join(home, 'upstreams'))
    const text = readFileSync('examples/nginx/nginx.conf', 'utf8')
      .replace('/etc/nginx/upstreams', join(home, 'upstreams'))
      .replace(
        'http {',
        `http {\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`).join('\n')}`,
      )
      .replace('listen 8080', `listen unix:${home}/http.sock`)
    writeFileSync(join(home, 'nginx.conf'), `pid ${home}/nginx.pid;\n${text}`)
    const tested = () =>
      spawnSync(nginxProgram ?? 'nginx', ['-e', 'stderr', '-t', '-c', join(home, 'nginx.conf')], {
        encoding: 'utf8',
        timeout: 30_000,
      })
    expect(tested().stderr).toContain('host not found in upstream "web"')
    writeFileSync(join(home, 'upstreams/web.conf'), printUpstream('web', [], {}).text)
    expect(tested().stderr).toContain('is successful')
  })
})
