import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Account } from './account.js'

const serversOf = (backends: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  Object.entries(backends).flatMap(([name, servers]) => servers.map((server) => `${name} ${server}`))

/** By server, the task that is live there. */
const liveTasks = (cluster: SimulatedCluster): ReadonlyMap<string, string> =>
  new Map(
    cluster
      .services()
      .flatMap(({ name, wanted }) =>
        [...wanted].flatMap(({ endpoint, arn }) =>
          endpoint === undefined ? [] : [[`${name} ${endpoint}`, arn] as const],
        ),
      ),
  )

/**
 * The servers whose address only one task has had so far. Of any other, the table does not tell whose it is: the stop of
 * the task before may take it out before the start of the next one is known.
 */
const firstUses = ({ cluster }: Account): ((server: string) => boolean) => {
  const owners = new Map<string, string>()
  const reused = new Set<string>()
  cluster.events$.subscribe(() => {
    for (const [server, task] of liveTasks(cluster)) {
      const owner = owners.get(server) ?? task
      if (owner !== task) reused.add(server)
      owners.set(server, owner)
    }
  })
  return (server) => !reused.has(server)
}

/**
 * Reads the table again and again. Notes each server that was in it, whose task lives all the time, and that is
 * missing. Call it before anything happens. Call the result to end that, and to get what was noted.
 */
export const missingServers = (here: Account): (() => Promise<readonly string[]>) => {
  const removed: string[] = []
  const over = new AbortController()
  const isFirstUse = firstUses(here)
  const watching = (async () => {
    let before: ReadonlyMap<string, string> = new Map()
    while (!over.signal.aborted) {
      const held = new Set(serversOf(await here.servers()))
      const live = liveTasks(here.cluster)
      for (const [server, task] of before)
        if (live.get(server) === task && isFirstUse(server) && !held.has(server))
          removed.push(`${server} of ${task}`)
      before = new Map([...live].filter(([server]) => held.has(server)))
    }
  })()
  // If the test fails before it asks, the table is gone.
  watching.catch(() => undefined)
  return async (): Promise<readonly string[]> => {
    over.abort()
    await watching
    return removed
  }
}
