/**
 * The rooms of the code and what each may import, beside itself. `npm run lint` enforces the table
 * (.dependency-cruiser.js), and docs/architecture.md shows it.
 *
 * `imports` are rooms; `*` stands for one folder, the same one on both sides of a rule.
 */
export const rooms = [
  {
    room: 'src/core',
    holds: 'pure types and functions, the reconciler, `run`: no clock, no I/O, no logger, nothing of Node',
    imports: [],
  },
  {
    room: 'src/inspector',
    holds: 'what the inspector shows, as data, and how it follows from what a worker knows: pure, as core is',
    imports: ['src/core'],
  },
  {
    room: 'src/shared',
    holds: 'what sources and sinks both need: AWS clients, HTTP parts, codecs, small asynchronous parts',
    imports: ['src/core'],
  },
  {
    room: 'src/policies',
    holds: 'generic policies: `servicePorts`, `containerPorts`',
    imports: ['src/core', 'src/shared'],
  },
  {
    room: 'src/sources/ecs-events',
    holds: 'the decoders of ECS events, of what carries them, and of described tasks',
    imports: ['src/core', 'src/shared'],
  },
  {
    room: 'src/sources/*',
    holds: 'one source or family of sources a folder: queue, webhooks, ECS API, health probe',
    imports: ['src/core', 'src/shared', 'src/sources/ecs-events'],
  },
  {
    room: 'src/journal',
    holds: 'journals that workers share, a folder a driver; recording deliveries, and replaying them',
    imports: ['src/core', 'src/shared', 'src/sources/ecs-events'],
  },
  {
    room: 'src/sinks/document',
    holds: 'sinks whose target is one document: a file, or one that we serve',
    imports: ['src/core', 'src/shared'],
  },
  {
    room: 'src/sinks/kit',
    holds: 'parts to make sinks of, exported for authors',
    imports: ['src/core', 'src/shared', 'src/sinks/document'],
  },
  {
    room: 'src/sinks/*',
    holds: 'one target a folder, with the policy that belongs to it',
    imports: ['src/core', 'src/shared', 'src/policies', 'src/sinks/document', 'src/sinks/kit'],
  },
  {
    room: 'src/id-mapper',
    holds: 'an index of all tasks, and its HTTP API',
    imports: ['src/core', 'src/shared', 'src/policies'],
  },
  {
    room: 'src/lambda',
    holds: 'a worker that lives from one invocation to the next',
    imports: ['src/core', 'src/shared', 'src/sources'],
  },
  {
    room: 'src/opentelemetry',
    holds: 'spans of OpenTelemetry, from the stages that the core tells',
    imports: ['src/core'],
  },
  {
    room: 'src/testing/ecs-model',
    holds: 'the life of a task, and what ECS writes about it: the JSON of events and of DescribeTasks',
    imports: [],
  },
  {
    room: 'src/testing',
    holds: 'contracts and histories for tests, exported as `ecs-task-stream/testing`',
    imports: ['src/core', 'src/shared', 'src/sources/ecs-events'],
  },
  {
    room: 'src/worker',
    holds: 'settings, logs, metrics, health, the command',
    imports: ['src', 'examples'],
  },
  {
    room: 'examples',
    holds: 'the ready-made workers, one short file each; they import the package by its name',
    imports: ['src'],
  },
  {
    room: 'sim',
    holds: 'a simulated AWS account, exported as `ecs-task-stream/sim`, and other servers, over the wire',
    imports: ['src/core', 'src/shared', 'src/testing/ecs-model'],
  },
  {
    room: 'page',
    holds:
      'the page of the inspector: what of the others needs nothing of Node, as its `tsconfig.json` checks',
    imports: ['src', 'sim'],
  },
  {
    room: 'simulate',
    holds: 'the whole worker, from one seed: time, network, services, faults, invariants',
    imports: ['src', 'sim'],
  },
]
