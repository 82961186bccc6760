/**
 * The package's own test tools, for authors of sources, sinks and policies: `ecs-task-stream/testing`. Requires the
 * optional peer dependencies fast-check and vitest.
 */
export { sinkContract, type SinkContractOptions } from './sink-contract.js'
export { type SinkCapability, sinkCapabilities, type SinkHarness } from './sink-harness.js'
export { sourceContract } from './source-contract.js'
export {
  type SourceBackend,
  type SourceCapability,
  sourceCapabilities,
  type SourceHarness,
  type SourceTrial,
} from './source-harness.js'

export { journalContract, type JournalContractOptions } from './journal-contract.js'
export {
  type Access,
  type JournalCapability,
  journalCapabilities,
  type JournalHarness,
  StorageFailure,
} from './journal-harness.js'

export { histories, type HistoriesOptions } from './histories.js'
export type { History, Truth } from './history.js'
export { type EcsDecoder, ecsDecoder } from './ecs-decoder.js'
export type { TaskDescription, TaskReading } from '../sources/ecs-events/task-description.js'
export type { SnapshotClock } from './snapshot-dates.js'
export { cut, duplicated, redelivered, shuffled, split } from './distortions.js'
export { anyEvent, anyEvents, anyTask } from './any-event.js'
export { sourceContext, type SourceContextOptions } from './source-context.js'
export { backendOf, backendsArbitrary, backendsOf, backendsText, endpointOf } from './backends.js'
export type { DecodeError, Decoded } from '../sources/ecs-events/ecs-event.js'
export type { WireTask } from '../sources/ecs-events/wire-task.js'
