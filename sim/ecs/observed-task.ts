import type { Random } from '../prng.js'
import type { SimulatedTask } from './simulated-task.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { taskEvent } from '../../src/testing/ecs-model/task-event.js'

/** The share of events in which ECS lists containers and attachments in a different order than before. */
const REORDERED = 0.1

/** The "ECS Task State Change" event of the task's current version. */
export const observedTask = (task: SimulatedTask, random: Random): EventBridgeEvent =>
  taskEvent(task.facts(), {
    nextId: () => random.uuid(),
    ordered: (items) => (random.chance(REORDERED) ? random.shuffled(items) : items),
  })
