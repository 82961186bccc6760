import { type ClusterArn, isClusterPattern } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { Delivery, Notice } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import { CallReports } from '../../../shared/async/call-reports.js'
import { clusterDirectory, notFound } from './cluster-directory.js'
import { ecsCall, type EcsEnvironment } from './ecs-calls.js'
import { identityReport } from './identity-report.js'
import { repeatedLookup } from './repeated-lookup.js'

export interface IdentifierSetup extends EcsEnvironment {
  /** Time from the end of one lookup to the beginning of the next. */
  readonly interval: () => Millis
  readonly emit: (output: Delivery | Notice) => void
}

/**
 * Finds the clusters that a name or a pattern stands for. Resolves when the signal has aborted; for a name, as soon as
 * it is known, because a name keeps its ARN.
 */
export const identifyClusters = (
  named: string,
  setup: IdentifierSetup,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, emit } = setup
  const calls = new CallReports(`identity of ${named}`, emit)
  const directory = clusterDirectory(
    ecsCall({ ...setup, unanswered: (error, retryIn) => calls.failed(error, retryIn) }),
  )
  const stamps = new Stamps()
  const stamp = (): number => stamps.next(clock.now())
  const report = identityReport({ named, stamp, emit })

  const find = async (): Promise<readonly ClusterArn[]> => {
    if (isClusterPattern(named)) return directory.matching(named, { region: '', account: '' }, signal)
    const finding = await directory.find(named, signal)
    if (finding._tag === 'Missing') {
      const missing = notFound(named, finding.reason)
      if (finding.cluster === undefined) throw missing
      // The cluster may be created later; its ARN is already known.
      emit({ _tag: 'Warning', message: missing.message })
      return [finding.cluster]
    }
    return [finding.cluster]
  }

  return repeatedLookup(
    {
      ...setup,
      calls,
      key: named,
      wait: (pause) => clock.sleep(pause, signal),
      stamp,
      lookUp: async () => {
        report(await find())
        return isClusterPattern(named) ? 'again' : 'last'
      },
    },
    signal,
  )
}
