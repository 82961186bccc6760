import { parseArgs } from 'node:util'
import { benchApiCalls } from './api-calls.js'
import { benchBackends } from './backends.js'
import { benchDecode } from './decode.js'
import { benchDrain } from './drain.js'
import { fullEffort, quickEffort } from './effort.js'
import { benchEndpoints } from './endpoints.js'
import type { Bench, Finding } from './finding.js'
import { benchFlush } from './flush.js'
import { benchFold } from './fold.js'
import { benchIdMapper } from './id-mapper.js'
import { benchJournal } from './journal/journal.js'
import { benchLatency } from './latency.js'
import { benchMemory } from './memory.js'
import { benchScale } from './scale/scale.js'
import { benchSoak } from './soak.js'
import { benchStall } from './stall.js'
import { benchStart } from './start/start.js'
import { printSummary } from './summary.js'
import { benchTargets } from './targets/targets.js'
import { benchTcpProxy } from './tcp-proxy.js'
import { benchWebhook } from './webhook.js'
import { benchWholePath } from './whole-path.js'

const { values: options, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, minutes: { type: 'string' }, tasks: { type: 'string' } },
})
const effort = options.quick === true ? quickEffort : fullEffort
const numberOf = (given: string | undefined): number | undefined =>
  given === undefined ? undefined : Number(given)

const all: Readonly<Record<string, Bench>> = {
  path: benchWholePath,
  decode: benchDecode,
  fold: benchFold,
  endpoints: benchEndpoints,
  backends: benchBackends,
  memory: benchMemory,
  stall: benchStall,
  soak: benchSoak,
  flush: benchFlush,
  latency: benchLatency,
  drain: benchDrain,
  webhook: benchWebhook,
  calls: benchApiCalls,
  journal: benchJournal,
  targets: benchTargets,
  tcp: benchTcpProxy,
  mapper: benchIdMapper,
  start: benchStart,
}

/** Only when it is named: it takes its time, whatever the machine. */
const slow: Readonly<Record<string, Bench>> = {
  scale: benchScale({ minutes: numberOf(options.minutes), tasks: numberOf(options.tasks) }),
}

const unknown = named.filter((name) => !(name in all || name in slow))
if (unknown.length > 0)
  throw new Error(
    `unknown benchmark ${unknown.join(', ')}: choose from ${Object.keys({ ...all, ...slow }).join(', ')}; --quick only tries them out`,
  )
const findings: Finding[] = []
const failures: string[] = []
for (const [name, bench] of Object.entries(named.length === 0 ? all : { ...all, ...slow })) {
  if (named.length > 0 && !named.includes(name)) continue
  const start = performance.now()
  try {
    findings.push(...((await bench(effort)) ?? []))
    console.log(`  (${name}: ${((performance.now() - start) / 1_000).toFixed(1)} s)`)
  } catch (thrown) {
    // What takes a quarter of an hour goes on, and tells in the end.
    console.error(thrown)
    failures.push(name)
  }
}
printSummary(findings, effort.isQuick)
if (effort.isQuick)
  console.log('\nA quick run: small sizes and two rounds show that the bench works. The figures mean little.')
if (failures.length > 0) {
  console.error(`\nfailed: ${failures.join(', ')}`)
  process.exitCode = 1
}
