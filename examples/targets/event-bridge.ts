/** Puts the state of each service that changes on an event bus. See docs/webhook.md. */
import { defaulted, optional, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

export default defineTarget({
  name: 'event-bridge',
  summary: 'Puts the state of each service that changes on an Amazon EventBridge bus',
  settings: {
    eventBusName: defaulted(text('name', 'the name or ARN of an event bus'), 'default', {
      description: 'The event bus, by name or ARN',
      example: 'targets',
    }),
    eventSource: defaulted(text('source'), 'ecs-task-stream', {
      description: 'The `source` of the events; must not begin with aws.',
      example: 'com.example.targets',
    }),
    eventCursor: optional(text('path', 'the path of a file'), {
      description: 'File that remembers what was delivered, so that a restart delivers what has changed',
      example: '/var/lib/ecs-task-stream/delivered.json',
      otherwise: 'no file: each start delivers every service once more',
    }),
  },
  check: ({ eventSource = '' }) =>
    eventSource.startsWith('aws.')
      ? [
          {
            settings: ['eventSource'],
            message: 'EventBridge refuses a source that begins with aws.',
            example: 'EVENT_SOURCE=com.example.targets',
          },
        ]
      : [],
  sink: async ({ eventBusName, eventSource, eventCursor }, { region }) => {
    // Loaded here, because `--help` needs none of it.
    const { eventBridge } = await import('ecs-task-stream/sinks/event-bridge')
    return eventBridge({ eventBusName, source: eventSource, cursorPath: eventCursor, region })
  },
})
