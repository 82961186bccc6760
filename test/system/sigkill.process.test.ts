import { expect, it } from 'vitest'
import { account } from './account.js'
import { workerProcess } from './worker-process.js'

it('a worker killed with SIGKILL in the middle of a deployment: its successor leaves exactly what is live', async () => {
  const here = await account({ seed: 11, pace: 1 })
  here.cluster.start()
  here.cluster.settle()
  await here.publish()
  const first = workerProcess(here)
  await here.agrees()

  here.cluster.deploy('web')
  here.cluster.deploy('api')
  let killed = false
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 12; i++) here.cluster.step()
    await here.publish()
    if (round === 6) {
      // In the middle: events are in its hands, in the queue and still to come.
      killed = first.signal('SIGKILL')
    }
  }
  here.cluster.settle()
  await here.publish()
  expect(killed).toBe(true)
  expect((await first.ended).code).toBeNull()

  workerProcess(here)
  await here.agrees()
})
