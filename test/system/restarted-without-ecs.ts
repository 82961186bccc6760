import { expect } from 'vitest'
import type { DynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { account } from './account.js'

/** A worker that starts anew while ECS refuses every call. It has the journal, and hears events. */
export const restartedWithoutEcs = async (database?: DynamoDbTables): Promise<void> => {
  const here = await account({ seed: 22, ...(database === undefined ? {} : { database }) })
  const launch = () => here.work(0, { resyncMs: 3_600_000, journal: true })
  here.cluster.start()
  here.cluster.settle()
  const first = launch()
  await here.publish()
  await here.agrees()
  await first.worker.stop()

  here.api.inject(() => 'error500')
  const snapshots = here.api.calls.get('ListTasks')
  const next = launch()
  await next.worker.ready
  here.cluster.scale('web', 2)
  here.cluster.scale('edge', 1)
  here.cluster.settle()
  await here.publish()
  await here.agrees()
  expect(here.api.calls.get('ListTasks')).toBe(snapshots)
}
