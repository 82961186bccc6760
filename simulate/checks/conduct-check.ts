import type { Report } from '../../src/core/report.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'

/** Looks at what a process does: what it sends, is answered, and says. Throws violations. */
export interface ConductCheck {
  sent?(process: SimulatedProcess, request: WireRequest): void
  answered?(process: SimulatedProcess, request: WireRequest, answer: WireAnswer): void
  reported?(process: SimulatedProcess, report: Report): void
  ended?(process: SimulatedProcess): void
}
