import { prng } from '../sim/prng.js'
import type { FaultKind } from './engine/faults.js'
import { Timeline } from './engine/timeline.js'
import { installGlobals } from './engine/virtual-globals.js'
import type { Invariant } from './checks/violation.js'
import { warmUp } from './world/warm-up.js'
import { type Fixed, scenarioOf } from './world/scenario.js'
import { start } from './world/days.js'
import { Simulation } from './simulation.js'

export interface SeedOptions extends Fixed {
  readonly seed: number
  readonly days: number
  readonly without?: ReadonlySet<FaultKind>
  /** Default: all. */
  readonly mostFaults?: number
  /** Called with each line of the trace: milliseconds since the start, and what happened. */
  readonly print?: ((line: string) => void) | undefined
}

export interface SeedResult {
  readonly arrangement: string
  readonly clusters: number
  readonly clusterDays: number
  readonly fingerprint: string
  readonly faults: number
  readonly calls: ReadonlyMap<string, number>
  readonly faultCounts: ReadonlyMap<FaultKind, number>
  readonly failure:
    | {
        readonly invariant: Invariant
        readonly detail: string
        readonly after: number
        readonly trace: readonly string[]
      }
    | undefined
}

/** Simulates days from one seed, in this process. Nothing else may run in it meanwhile: its timers are virtual. */
export const runSeed = async ({
  seed,
  days,
  without = new Set(),
  mostFaults = Infinity,
  print,
  ...fixed
}: SeedOptions): Promise<SeedResult> => {
  await warmUp()
  const timeline = new Timeline(start, prng(seed ^ 0x71e))
  const scenario = scenarioOf(seed, fixed)
  const uninstall = installGlobals(timeline, prng(seed ^ 0x6106a1))
  const simulation = new Simulation(scenario, timeline, { without, most: mostFaults }, print)
  const caught = (thrown: unknown): void => simulation.defect(thrown)
  process.on('unhandledRejection', caught)
  process.on('uncaughtException', caught)
  try {
    await simulation.run(days)
  } catch (thrown) {
    simulation.defect(thrown)
  } finally {
    uninstall()
    process.off('unhandledRejection', caught)
    process.off('uncaughtException', caught)
  }
  const { failure, trace, faults } = simulation
  const passed = timeline.now - start
  return {
    arrangement: `${scenario.target}, ${scenario.deployments} deployments, ${scenario.arrangement}, ${scenario.workers} workers, ack ${scenario.ack}`,
    clusters: scenario.clusters.length,
    clusterDays: (scenario.clusters.length * passed) / 86_400_000,
    fingerprint: trace.fingerprint,
    faults: faults.total,
    calls: simulation.calls,
    faultCounts: faults.counts,
    failure: failure && {
      invariant: failure.invariant,
      detail: failure.detail,
      after: passed,
      trace: trace.last,
    },
  }
}
