import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { taskEvent as eventOf } from '../../src/testing/ecs-model/task-event.js'
import type { TaskFacts } from '../../src/testing/ecs-model/task-facts.js'
import { taskCourse, uuidOf } from './task-course.js'
import { taskMoment } from './task-moment.js'
import type { TaskMomentOptions, TaskOptions } from './task-options.js'

const event = (facts: TaskFacts): EventBridgeEvent =>
  eventOf(facts, { nextId: () => uuidOf(`${facts.arn} version ${facts.version}`) })

/**
 * The event "ECS Task State Change" of one moment of a task: of a running one, if nothing else is said. It is the whole
 * event, as EventBridge delivers it: `JSON.stringify` makes the body of a message.
 * Throws a RangeError if such a task is never in this moment.
 */
export const taskEvent = (options: TaskMomentOptions = {}): EventBridgeEvent => event(taskMoment(options))

/**
 * The whole life of a task as its events, in order: it starts, runs, drains, and stops. Shuffle them, repeat them, leave
 * some out: `deliver` does all three.
 */
export const taskEvents = (options: TaskOptions = {}): readonly EventBridgeEvent[] =>
  taskCourse(options).map(event)
