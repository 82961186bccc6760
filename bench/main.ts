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
import { benchSoak } from './soak.js'
import { benchStall } from './stall.js'
import { printSummary } from './summary.js'
import { benchTcpProxy } from './tcp-proxy.js'
import { benchWebhook } from './webhook.js'
import { benchWholePath } from './whole-path.js'

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
  tcp: benchTcpProxy,
  mapper: benchIdMapper,
}

const given = process.argv.slice(2)
const effort = given.includes('--quick') ? quickEffort : fullEffort
const named = given.filter((name) => name !== '--quick')
const unknown = named.filter((name) => !(name in all))
if (unknown.length > 0)
  throw new Error(
    `unknown benchmark ${unknown.join(', ')}: choose from ${Object.keys(all).join(', ')}; --quick only tries them out`,
  )
const findings: Finding[] = []
const failures: string[] = []
for (const [name, bench] of Object.entries(all)) {
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
