import { run as runIn } from './core/run.js'
import type { Environment, RunSetup } from './core/run-setup.js'
import type { Worker } from './core/worker.js'
import { systemClock } from './shared/async/system-clock.js'

/** `run` of core, with this machine's clock and randomness. */
export const run = (setup: RunSetup, environment: Partial<Environment> = {}): Worker =>
  runIn(setup, { clock: systemClock, random: Math.random, ...environment })
