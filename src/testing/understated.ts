import type { TaskFacts } from './ecs-model/task-facts.js'

/** The same version in an event with less information: no interface before RUNNING, and the previous status. */
export const understated = (facts: TaskFacts): TaskFacts => {
  switch (facts.lastStatus) {
    case 'ACTIVATING':
      return { ...facts, attachmentsLost: true }
    case 'RUNNING':
      return facts.desiredStatus === 'RUNNING'
        ? { ...facts, lastStatus: 'PENDING' }
        : { ...facts, desiredStatus: 'RUNNING' }
    default:
      return facts
  }
}
