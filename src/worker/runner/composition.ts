import type { FastifyPluginCallback } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Clock } from '../../core/clock.js'
import type { RunSetup } from '../../core/run-setup.js'
import type { Worker } from '../../core/worker.js'
import type { Owner } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { LogLevel } from '../observability/logger.js'

/** What a composition has become, for its routes. */
export interface Running {
  /** Has reported nothing yet: see `Worker.reports$`. */
  readonly worker: Worker
  /** Whether nothing may be written. */
  readonly dry: boolean
  readonly logger: Pick<Logger, 'info' | 'error'>
  /** Where measures of their own go, to be told at `/metrics`. */
  readonly metrics: Registry
  readonly clock: Clock
}

/** Where parts that are more than a source or a sink tell how they do. */
export interface Instruments {
  /** The worker's own: what is registered there is served with the rest. */
  readonly metrics: Registry
  readonly logger: Pick<Logger, 'warn'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * What a worker is made of. Its sources are of two kinds, because looking must not take: receiving from a queue
 * without acknowledging would push its messages towards the dead letter queue. `plan` and dry runs use `knowledge`
 * alone.
 */
export interface Composition extends Omit<RunSetup, 'sources' | 'owner'> {
  /** What brings events and is told that they may be forgotten: queues, webhooks. */
  readonly eventSources: readonly Source[]
  /** What only asks: snapshots and lookups. */
  readonly lookups: readonly Source[]
  /** Who writes: see `RunSetup.owner`. */
  readonly owner: Owner
  /**
   * What the worker's server answers beside `/health`, `/ready` and `/metrics`; it needs a port then. Called once.
   */
  readonly routes?: (running: Running) => FastifyPluginCallback
  /** Called once, before anything is received. */
  readonly instrument?: (instruments: Instruments) => void
  /**
   * Ends what the parts have opened to the world, such as listeners. Called once, when the worker is told to stop and
   * while it drains; never rejects. What a sink is given after that must not open anything.
   */
  readonly close?: () => Promise<void>
  /** The lowest level that is logged, unless `DEBUG` is on; nothing is logged at `fatal`. Default: `info`. */
  readonly logLevel?: LogLevel
  /** What `/health` says, for checks that expect the words of another tool. Default: `Healthy`. */
  readonly health?: string
  /** What is set up so that it will hurt later, for people; logged at the start. */
  readonly warnings?: readonly string[]
}
