import type { RequestListener } from 'node:http'
import type { SimulatedProcess } from '../engine/simulated-process.js'

/** A process that answers HTTP requests now. */
export interface Listener {
  readonly process: SimulatedProcess
  readonly listener: RequestListener
}
