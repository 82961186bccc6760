/**
 * What the package is tested with, for those who write sources, sinks and policies of their own:
 * `ecs-task-stream/testing`. It needs the optional peers fast-check and vitest.
 */
export { sinkContract, type SinkContractOptions } from './sink-contract.js'
export { type SinkCapability, sinkCapabilities, type SinkHarness } from './sink-harness.js'
export {
  type SourceBackend,
  type SourceCapability,
  sourceContract,
  type SourceHarness,
} from './source-contract.js'

export { histories, type HistoriesOptions } from './histories.js'
export type { History, Truth } from './history.js'
export type { SnapshotClock } from './world.js'
export { cut, duplicated, redelivered, shuffled, split } from './distortions.js'
export { anyEvent, anyEvents, anyTask } from './any-event.js'
export { sourceContext, type SourceContextOptions } from './source-context.js'
export { backendOf, backendsArbitrary, backendsOf, backendsText, endpointOf } from './backends.js'
