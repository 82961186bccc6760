import type { SeedOptions } from './run-seed.js'

/** The arguments that repeat a run. */
export const argumentsOf = ({
  seed,
  days,
  clusters,
  snapshotMinutes,
  incidentMinutes,
  arrangement,
  target,
  without,
  mostFaults,
}: SeedOptions): string =>
  [
    `--seed ${seed} --days ${days}`,
    ...(clusters === undefined ? [] : [`--clusters ${clusters}`]),
    ...(snapshotMinutes === undefined ? [] : [`--snapshot-minutes ${snapshotMinutes}`]),
    ...(incidentMinutes === undefined ? [] : [`--incident-minutes ${incidentMinutes}`]),
    ...(arrangement === undefined ? [] : [`--arrangement ${arrangement}`]),
    ...(target === undefined ? [] : [`--target ${target}`]),
    ...(without === undefined || without.size === 0 ? [] : [`--without ${[...without].join(',')}`]),
    ...(mostFaults === undefined || mostFaults === Infinity ? [] : [`--faults ${mostFaults}`]),
  ].join(' ')
