import type { TaskFacts } from '../../src/testing/ecs-model/task-facts.js'
import { taskCourse } from './task-course.js'
import type { TaskMomentOptions } from './task-options.js'

const untilRunning: ReadonlySet<string> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'])

/** The moment of the task's life. Throws a RangeError if there is none. */
export const taskMoment = ({
  lastStatus = 'RUNNING',
  desiredStatus = untilRunning.has(lastStatus) ? 'RUNNING' : 'STOPPED',
  version,
  ...task
}: TaskMomentOptions): TaskFacts => {
  const course = taskCourse(task)
  const found = course.find(
    (facts) => facts.lastStatus === lastStatus && facts.desiredStatus === desiredStatus,
  )
  if (found === undefined)
    throw new RangeError(
      `a task with this placement is never ${lastStatus} while it is to be ${desiredStatus}: it is ${[
        ...new Set(course.map((facts) => `${facts.lastStatus} (${facts.desiredStatus})`)),
      ].join(', ')}`,
    )
  return version === undefined ? found : { ...found, version }
}
