import { memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import { type Access, journalContract } from 'ecs-task-stream/testing'
import { runs } from '../laws/runs.js'
import { faultyJournal } from '../support/faulty-journal.js'
import { virtualClock } from '../support/virtual-clock.js'

const harness = () => {
  const log = memoryLog()
  const clock = virtualClock()
  const open = () => memoryJournal({ log, now: () => clock.now() })
  return Promise.resolve({
    open,
    openFaulty: (access: Access) => faultyJournal(open(), access),
    advance: (ms: number) => clock.advance(ms),
    dispose: () => Promise.resolve(),
  })
}

journalContract('memoryJournal', harness, { lacks: ['refusal'], runs })
