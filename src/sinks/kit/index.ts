/**
 * Building blocks for sinks, which our own sinks also use: `ecs-task-stream/sinks/kit`. Test a sink with
 * `sinkContract`.
 */
export { conflictOf } from '../../core/conflict.js'
export { mapSink } from '../../core/map-sink.js'
export { keepsUnexplained, type MergedParts, mergeIncomplete } from '../../core/merge-incomplete.js'
export { renderEach } from '../../core/render-each.js'
export { hostIn, hostsIn } from '../../core/host-in.js'
export {
  type Allowance,
  type Priority,
  type TokenBucket,
  tokenBucket,
} from '../../shared/aws/token-bucket.js'
export { canonicalText, type Json, type JsonObject } from '../../shared/codec/json.js'
export type { Secrets } from '../../shared/http/shared-secret.js'
export type { Contents, DocumentFormat } from '../document/document.js'
export type { DocumentListener, ReadAccess } from '../document/document-listener.js'
export { fileDocument, type FileDocumentOptions } from '../document/file-document.js'
export {
  type ServedDocument,
  servedDocument,
  type ServedDocumentOptions,
} from '../document/served-document.js'
export { compareAndSwap, type CompareAndSwapOptions, type ConditionalWrite } from './compare-and-swap.js'
export { type HeldRows, heldRows, swapHeld } from './held-rows.js'
export type { BackendState, DeliveredState, StateEndpoint } from './backend-state.js'
export type { DeadLetter, DeliveryOptions, DeliveryResult } from './delivery.js'
export { deliverySink, type DeliverySinkOptions } from './delivery-sink.js'
export type { StateData, StateEvent } from './state-event.js'
