import { type Environment, run as runIn, type RunSetup, type Worker } from './core/run.js'
import { systemClock } from './system-clock.js'

/** `run` of core, with this machine's clock and randomness. */
export const run = (setup: RunSetup, environment: Partial<Environment> = {}): Worker =>
  runIn(setup, { clock: systemClock, random: Math.random, ...environment })
