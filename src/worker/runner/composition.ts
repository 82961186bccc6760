import type { FastifyPluginCallback } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Journal } from '../../core/journal.js'
import type { Clock } from '../../core/clock.js'
import type { RunSetup } from '../../core/run-setup.js'
import type { Worker } from '../../core/worker.js'
import type { Owner } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { LogLevel } from '../observability/logger.js'

/** The running worker, as its routes see it. */
export interface Running {
  /** It has not reported anything yet: see `Worker.reports$`. */
  readonly worker: Worker
  /** Whether this is a dry run, in which nothing may be written. */
  readonly dry: boolean
  readonly logger: Pick<Logger, 'info' | 'error'>
  /** Registry for the routes' own metrics, served at `/metrics`. */
  readonly metrics: Registry
  readonly clock: Clock
}

/** The running worker, as what drives others by it sees it. */
export interface Driven {
  /** It has not reported anything yet: see `Worker.reports$`. */
  readonly worker: Worker
  readonly sinks: RunSetup['sinks']
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly clock: Clock
}

/** For parts that are more than a source or a sink: where to log and to register metrics. */
export interface Instruments {
  /** The worker's own registry, served at `/metrics`. */
  readonly metrics: Registry
  readonly logger: Pick<Logger, 'warn'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * The parts of a worker. Sources come in two groups, because a dry run must not consume messages: receiving from a
 * queue without acknowledging pushes its messages towards the dead letter queue. `plan` and dry runs therefore use
 * `lookups` only.
 */
export interface Composition extends Omit<RunSetup, 'sources' | 'owner'> {
  /** Sources that deliver events and expect acknowledgements: queues, webhooks. */
  readonly eventSources: readonly Source[]
  /** Sources that only read: snapshots and lookups. */
  readonly lookups: readonly Source[]
  /** The owner of the worker's records: see `RunSetup.owner`. */
  readonly owner: Owner
  /**
   * The worker's journal once more, as another object: for the inspector, which reads the past beside the worker.
   * Default: none, and the inspector shows the present alone.
   */
  readonly past?: Pick<Journal, 'catchUp'>
  /** Routes that the worker's server adds to `/health`, `/ready` and `/metrics`; requires a port. Called once. */
  readonly routes?: (running: Running) => FastifyPluginCallback
  /** Called once, before anything is received. */
  readonly instrument?: (instruments: Instruments) => void
  /** Acts on what the worker has applied. Called once, before anything is received; never in a dry run. */
  readonly drive?: (driven: Driven) => void
  /**
   * Closes what the parts have opened, such as listeners. Called once, when the worker begins to drain; never rejects.
   * Sinks must not open anything after that.
   */
  readonly close?: () => Promise<void>
  /** The lowest level that is logged, unless `DEBUG` is on; `fatal` disables logging. Default: `info`. */
  readonly logLevel?: LogLevel
  /** The body of `/health`, for checks that expect the text of another tool. Default: `Healthy`. */
  readonly health?: string
  /** Warnings about risky settings, for people; logged at the start. */
  readonly warnings?: readonly string[]
}
