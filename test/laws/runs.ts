/** With anything but a number, no case would be tried, and every law would hold. */
const setting = (name: string, usual: number): number => {
  const value = Number(process.env[name] ?? usual)
  if (!(value > 0)) throw new Error(`${name}: expected a number above 0, got "${process.env[name]}"`)
  return value
}

/**
 * How many cases each law is tried on: what `LAW_RUNS` says, else 25, so that the unit tests take half a minute. CI says
 * 1,000, `npm run test:soak` 100,000.
 */
export const runs = setting('LAW_RUNS', 25)

/** For laws that a known wrong implementation breaks in one case of a hundred or less, as the refutations show. */
export const runsForRareCases = Math.max(runs, 100)

/** For laws whose case is a whole history of clusters, which takes ten times as long as others: in CI a quarter. */
export const runsOfHistories = Math.max(Math.min(runs, 25), Math.ceil(runs / 4))

/** For laws whose case is itself a long story, such as a dozen invocations. */
export const runsOfStories = Math.ceil(Math.max(runs, 60) / 4)

/**
 * Cases of each law of a contract that a shipped source, sink or journal keeps: of `usual`, the share that
 * `CONTRACT_RUNS` says, else a sixth. CI says 0.33, and each night 1.
 */
export const contractRuns = (usual: number): number => Math.ceil(usual * setting('CONTRACT_RUNS', 1 / 6))
