import { expect, it } from 'vitest'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { account, journalTable } from './account.js'
import { workerProcess } from './worker-process.js'

const directory = temporaryDirectories()

it.each([
  ['a directory', async () => `dir:${await directory()}`],
  ['a table', () => Promise.resolve(`dynamodb:${journalTable}`)],
])(
  'a worker with its journal in %s that is killed and starts anew while ECS refuses every call is ready and exact',
  async (_, location) => {
    const here = await account({ seed: 31, pace: 1 })
    const JOURNAL = await location()
    const launch = async () => {
      const worker = workerProcess(here, { JOURNAL })
      await worker.logged('ready: every required sink has reached a complete state')
      return worker
    }
    here.cluster.start()
    here.cluster.settle()
    await here.publish()
    const first = await launch()
    await here.agrees()
    first.signal('SIGKILL')
    await first.ended

    here.api.inject(() => 'error500')
    const snapshots = here.api.calls.get('ListTasks')
    here.cluster.scale('web', 2)
    here.cluster.scale('edge', 1)
    here.cluster.settle()
    await here.publish()
    await launch()
    await here.agrees()
    expect(here.api.calls.get('ListTasks')).toBe(snapshots)
  },
)
