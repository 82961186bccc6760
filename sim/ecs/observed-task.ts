import type { Random } from '../prng.js'
import type { SimulatedTask } from './simulated-task.js'
import { taskFacts } from './task-facts.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-json/event-bridge-event.js'
import { taskEvent } from '../../src/testing/ecs-json/task-event.js'

/** Share of events in which ECS lists containers and attachments in another order than in the event before. */
const REORDERED = 0.1

/** The "ECS Task State Change" event of the task's present version. */
export const observedTask = (task: SimulatedTask, random: Random): EventBridgeEvent =>
  taskEvent(taskFacts(task), {
    nextId: () => random.uuid(),
    ordered: (items) => (random.chance(REORDERED) ? random.shuffled(items) : items),
  })
