import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnySink, run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { programOf } from '../../scripts/conformance/target-program.js'
import { Unavailable } from '../../scripts/conformance/witness.js'
import { type Effort, fullEffort } from '../effort.js'
import { spreadOf } from '../spread.js'
import { heading, table } from '../stopwatch.js'
import { caddy } from './caddy.js'
import { covered, Service } from './churn.js'
import { envoy } from './envoy.js'
import { Faults } from './faults.js'
import { Fleet } from './fleet.js'
import { haproxy } from './haproxy.js'
import { type Asked, Load, type Route } from './load.js'
import { type Measured, measured } from './measured.js'
import { nginx } from './nginx.js'
import { drainMs, type Phase, type PhaseName, story } from './story.js'
import type { Running, Target } from './target.js'
import { traefik } from './traefik.js'

const targets: readonly Target[] = [envoy, traefik, haproxy, caddy, nginx]

const ROUNDS = 3
const PER_SECOND = 60

const phases: Readonly<Record<PhaseName, string>> = {
  rolling: 'A rolling deployment',
  zero: 'To zero and back',
  crash: 'A crash, told 2 s later',
  failing: 'A rolling deployment while half of the calls fail',
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The paths of what a target needs, or why it is left out. */
const programsOf = async ({ needs }: Target): Promise<readonly string[] | string> => {
  const found: string[] = []
  for (const program of needs) {
    const path = await programOf(program)
    if (path instanceof Unavailable) return `${program.name}: ${path.message}`
    found.push(path)
  }
  return found
}

/** Resolves when each target has sent requests to a task. */
const ready = async (fleet: Fleet, routes: readonly Route[], id: string): Promise<void> => {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const seen = (await fleet.report()).arrivals[id] ?? {}
    const missing = routes.filter(({ target }) => seen[target] === undefined)
    if (missing.length === 0) return
    if (waited >= 59_900)
      throw new Error(`no request through ${missing.map(({ target }) => target).join('; ')}`)
    await sleep(100)
  }
}

const seconds = (values: readonly number[]): string => {
  if (values.length === 0) return '–'
  const { median, greatest } = spreadOf(values)
  return `${(median / 1000).toFixed(2)} s (${Number.isFinite(greatest) ? `${(greatest / 1000).toFixed(2)} s` : 'never'})`
}

const counted = (reasons: readonly string[]): string => {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join(', ')
}

const lineOf = (rounds: readonly Measured[]): string => {
  const failed = rounds.flatMap((each) => each.failed)
  const requests = rounds.reduce((sum, each) => sum + each.requests, 0)
  const inFlight = rounds.reduce((sum, each) => sum + each.inFlight, 0)
  return [
    `first ${seconds(rounds.flatMap(({ toFirst }) => toFirst))}`.padEnd(26),
    `last ${seconds(rounds.flatMap(({ toLast }) => toLast))}`.padEnd(25),
    `failed ${failed.length} of ${requests}${inFlight === 0 ? '' : `, ${inFlight} of them in flight`}`,
    failed.length === 0 ? '' : ` (${counted(failed)})`,
  ].join('')
}

/** Starts the targets that this machine can have, and says which it cannot. */
const startedTargets = async (home: string, faults: Faults): Promise<readonly Running[]> => {
  const running: Running[] = []
  for (const target of targets) {
    const programs = await programsOf(target)
    if (typeof programs === 'string') console.log(`  skipped: ${target.name} needs ${programs}`)
    else running.push(await target.start(programs, await mkdtemp(join(home, 'target-')), faults))
  }
  return running
}

/**
 * Every target side by side in one run, from one worker, with the same tasks and the same events: how soon requests
 * follow what happens, and which fail. Tasks, clients and each target have a process of their own.
 */
export const benchTargets = async (effort: Effort = fullEffort): Promise<void> => {
  heading('Targets, side by side')
  const home = await mkdtemp(join(tmpdir(), 'bench-targets-'))
  const faults = new Faults()
  const running = await startedTargets(home, faults)
  const fleet = new Fleet()
  const source = memorySource({ covers: covered })
  const sinks: readonly AnySink[] = running.flatMap((each) => each.sinks)
  const routes = running.flatMap((each) => each.routes)
  const worker = run({ sources: [source], sinks, expose: servicePorts() })
  const service = new Service(fleet, (event) => void source.push(event), drainMs)
  const size = effort.pick({ tasks: 3, replaced: 6, crashes: 2 }, { tasks: 2, replaced: 1, crashes: 1 })
  const played: (readonly Phase[])[] = []
  const asked: Asked[] = []
  service.list()
  let last = ''
  for (let n = 0; n < size.tasks; n++) last = (await service.start()).id
  service.list()
  const load = new Load(routes, PER_SECOND)
  await ready(fleet, routes, last)
  await load.taken()
  for (let round = 0; round < effort.pick(ROUNDS, 1); round++) {
    played.push(await story(service, faults, size))
    asked.push(...(await load.taken()))
  }
  const report = await fleet.report()
  load.end()
  await worker.stop()
  for (const each of running) await each.end()
  fleet.end()
  await rm(home, { recursive: true, force: true })
  console.log(
    `  ${size.tasks} tasks, ${PER_SECOND} requests a second to each target, ${played.length} rounds; load ${loadavg()[0]?.toFixed(1) ?? '?'}. Median (longest) of event → first request, stop event → last request.`,
  )
  for (const [name, title] of Object.entries(phases)) {
    console.log(`\n  ${title}`)
    table(
      routes.map(({ target }) => [
        target,
        lineOf(
          played
            .flat()
            .flatMap((phase) => (phase.name === name ? [measured(target, phase, asked, report)] : [])),
        ),
      ]),
    )
  }
}
