import type { Logger } from 'pino'
import { collectDefaultMetrics } from 'prom-client'
import { firstValueFrom } from 'rxjs'
import { run } from '../../run.js'
import { recordTo } from '../../journal/record-to.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { diagnose, nameOf, reasonOf } from '../observability/diagnosis.js'
import { codeOf, type Hopeless, hopelessOf } from '../observability/hopeless.js'
import type { Desired } from '../../core/desired.js'
import type { Report } from '../../core/report.js'
import type { Composition } from './composition.js'
import { dryComposition, dryProblems } from './dry-composition.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { createLogger, logReports } from '../observability/logger.js'
import { logDeployments } from '../observability/deployment-log.js'
import { logProgress } from '../observability/progress-log.js'
import { logStrays } from '../terminal/log-strays.js'
import { metricsOf } from '../observability/metrics.js'
import { unheardAdvice, workerTracer } from '../observability/worker-tracer.js'
import type { commonSettings } from '../settings/common-settings.js'
import type { Problem } from '../settings/problem.js'
import { workerInspector } from '../inspector/worker-inspector.js'
import { inspectorProblems } from '../inspector/inspector-access.js'
import { readinessOf } from '../observability/readiness.js'
import type { SettingsOf } from '../settings/setting.js'
import { statusRoutes } from '../server/status-routes.js'
import { type StatusServer, statusServer } from '../server/status-server.js'
import { type OpenTerminal, openTerminal } from '../terminal/open-terminal.js'
import { inFormat } from '../terminal/people-log.js'
import type { LogDestination, Terminal } from '../terminal/terminal.js'
import { webhookServer } from '../server/webhook-server.js'
import { refuse } from './read-command-line.js'
import type { Reading } from './worker.js'

/** Resolves at the first request to stop. A second request exits at once, without waiting for the drain. */
const stopRequested = ({ stops$, exit }: Terminal): Promise<string> =>
  new Promise((resolve) => {
    let requests = 0
    stops$.subscribe((signal) => {
      if (++requests > 1) exit(exitCode.failed)
      resolve(signal)
    })
  })

/** How much the targets hold, for people. */
const sizeOf = ({ backends, unresolved }: Desired) => {
  const tasks = new Set([...backends.values()].flatMap(({ endpoints }) => endpoints.map(({ task }) => task)))
  return {
    tasks: tasks.size,
    backends: backends.size,
    ...(unresolved.size > 0 && { unresolved: unresolved.size }),
  }
}

/** Why the worker ends. */
type End = { readonly _tag: 'Stop'; readonly signal: string } | ({ readonly _tag: 'Hopeless' } & Hopeless)

/** Logs why the worker ends. Returns the exit code, if nothing else goes wrong. */
const announce = (end: End, logger: Pick<Logger, 'info' | 'error'>): ExitCode => {
  switch (end._tag) {
    case 'Stop':
      logger.info({ signal: end.signal }, 'stopping')
      return exitCode.ok
    case 'Hopeless': {
      const { part, error, prospect } = end
      logger.error(
        { part, error: nameOf(error), reason: reasonOf(error), nextStep: diagnose(error).advice },
        'the worker cannot work, and ends',
      )
      return codeOf(prospect)
    }
  }
}

/**
 * Runs the worker until a stop is requested, or until it is clear that it cannot work, and drains it. Resolves to the
 * exit code. Rejects when it cannot run.
 */
const operate = async (
  name: string,
  composition: Composition,
  common: SettingsOf<typeof commonSettings>,
  terminal: OpenTerminal,
): Promise<ExitCode> => {
  const { port, debug, dryRun, traces, recordTo: directory } = common
  const sources = [...composition.eventSources, ...composition.lookups].map((source) =>
    directory === undefined ? source : recordTo(source, { directory }),
  )
  const { sinks, owner, logLevel = 'info', warnings = [] } = composition
  const { clock = systemClock } = terminal
  const logger = createLogger({
    worker: name,
    level: debug ? 'debug' : logLevel,
    destination: terminal.log,
  })
  const traced = traces ? await workerTracer() : undefined
  if (traced?.isHeard === false) logger.warn(unheardAdvice)
  const worker = run({ ...composition, sources, ...(traced && { tracer: traced.tracer }) }, { clock })
  const inspector = workerInspector(worker, common, {
    worker: name,
    sources,
    sinks,
    past: composition.past,
    clock,
  })
  // Nothing is reported before the first `await`: see `Worker.reports$`.
  logReports(worker.reports$, logger, clock, { owner })
  logProgress(worker.reports$, logger, clock)
  logDeployments(worker.state$, logger)
  const metrics = metricsOf(worker, clock, { worker: name })
  collectDefaultMetrics({ register: metrics })
  composition.instrument?.({ metrics, logger, clock })
  if (!dryRun) composition.drive?.({ worker, sinks, logger, clock })
  const hopeless$ = hopelessOf(worker.reports$, { sources, sinks, clock })
  const readiness = readinessOf(worker, sinks, clock)
  const routes = composition.routes?.({ worker, dry: dryRun, logger, metrics, clock })
  const answers = { readiness, metrics, health: composition.health }
  const startedAt = clock.now()
  void worker.ready
    .then(() => firstValueFrom(worker.desired$))
    .then(
      (desired) =>
        logger.info(
          { afterMs: Math.max(0, clock.now() - startedAt), ...sizeOf(desired) },
          'ready: every required sink has reached a complete state',
        ),
      // It has stopped meanwhile.
      () => undefined,
    )
  const end = new Promise<End>((resolve) => {
    hopeless$.subscribe((hopeless) => resolve({ _tag: 'Hopeless', ...hopeless }))
    void stopRequested(terminal).then((signal) => resolve({ _tag: 'Stop', signal }))
  })
  const leftovers: Report[] = []
  worker.reports$.subscribe((report) => {
    if (report._tag === 'Abandoned' || report._tag === 'Unconfirmed') leftovers.push(report)
  })
  let code: ExitCode
  let status: StatusServer | undefined
  try {
    if (port !== undefined) {
      const inspection = inspector === undefined ? [] : [await inspector.routes()]
      status =
        routes === undefined
          ? await statusServer({ listen: port, routes: inspection, ...answers })
          : await webhookServer({ listen: port, routes: [statusRoutes(answers), ...inspection, routes] })
    }
    logger.info(
      {
        what: `${sinks.map((sink) => sink.name).join(', ')} follows ${(composition.clusters ?? []).join(', ')}`,
        owner,
        dryRun,
        sources: sources.map((source) => source.name),
        sinks: sinks.map((sink) => sink.name),
        status: status?.url,
        ...(inspector !== undefined && { inspector: status?.url }),
      },
      'started',
    )
    for (const warning of warnings) logger.warn(warning)
    code = announce(await end, logger)
  } finally {
    await Promise.all([worker.stop(), composition.close?.()])
    inspector?.end()
    await status?.close()
  }
  // A dry run leaves everything, on purpose.
  const unfinished = leftovers.length > 0 && !dryRun
  logger.info(unfinished ? 'stopped; something was left' : 'stopped')
  return code === exitCode.ok && unfinished ? exitCode.left : code
}

/** A worker with routes needs a port. */
const portProblems = (
  { routes }: Composition,
  { port }: SettingsOf<typeof commonSettings>,
): readonly Problem[] =>
  routes !== undefined && port === undefined
    ? [{ where: 'PORT (--port)', message: 'is required: this worker speaks HTTP', example: 'PORT=:8080' }]
    : []

/** Logs why a worker failed. Writes synchronously, because the process ends right after. */
const logFailure = (worker: string, destination: LogDestination, thrown: unknown): void => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  createLogger({ worker, level: 'error', destination }).error(
    { error: nameOf(error), reason: reasonOf(error), nextStep: diagnose(error).advice },
    'the worker failed',
  )
}

/**
 * Runs a worker whose settings are read: compose ▸ run. Everything that only a running worker needs is loaded with this
 * module: logger, metrics, HTTP server.
 *
 * Resolves to the exit code, as `start` does.
 */
export const operateWorker = async (
  name: string,
  { common, compose }: Extract<Reading<typeof commonSettings>, { readonly _tag: 'Settings' }>,
  terminal: Terminal,
): Promise<ExitCode> => {
  const plain = await openTerminal(terminal)
  const opened = { ...plain, log: inFormat(plain.log, common.logFormat, terminal) }
  const strayLogger = createLogger({ worker: name, level: 'warn', destination: opened.log })
  logStrays(terminal.strays$, strayLogger, terminal.clock ?? systemClock)
  try {
    const composition = await compose()
    const problems = [
      ...(common.dryRun ? dryProblems(composition) : []),
      ...portProblems(composition, common),
      ...inspectorProblems(common, common.port),
    ]
    if (problems.length > 0) return refuse(`ecs-task-stream ${name}`, problems, terminal)
    return await operate(name, common.dryRun ? dryComposition(composition) : composition, common, opened)
  } catch (thrown) {
    logFailure(name, inFormat({ write: terminal.err }, common.logFormat, terminal), thrown)
    return exitCode.failed
  }
}
