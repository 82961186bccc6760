import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import { canonical, type StoredItem } from '../servers/stored-item.js'
import type { ConductCheck } from './conduct-check.js'
import { Violation } from './violation.js'

interface Told {
  readonly found: string
  readonly times: number
}

/** A call that repeats itself may be told the same once more, and so may a plan that was made before. */
const most = 3

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    // Half of an answer tells nothing.
    return undefined
  }
}

interface Conflict {
  readonly __type: string
  readonly Item?: StoredItem
}

const isConflict = (answer: unknown): answer is Conflict =>
  typeof answer === 'object' &&
  answer !== null &&
  '__type' in answer &&
  String(answer.__type).endsWith('#ConditionalCheckFailedException')

/**
 * A conflict tells what the record is. Whoever tries again without that is told the same again, and its change waits
 * until it reads the whole target.
 */
export class ConflictCheck implements ConductCheck {
  /** By process and key: what the last answers were, if they were conflicts with the same record. */
  readonly #told = new Map<string, Map<string, Told>>()

  constructor(private readonly table: string) {}

  answered(process: SimulatedProcess, request: WireRequest, answer: WireAnswer): void {
    if (request.operation !== 'UpdateItem' && request.operation !== 'PutItem') return
    const input = JSON.parse(request.body) as { TableName: string; Key?: StoredItem; Item?: StoredItem }
    if (input.TableName !== this.table) return
    const key = (input.Key ?? input.Item)?.['id']?.S ?? ''
    const told = this.#told.get(process.name) ?? new Map<string, Told>()
    this.#told.set(process.name, told)
    const json = parsed(answer.body)
    if (json === undefined) return
    if (!isConflict(json)) {
      if (answer.status === 200) told.delete(key)
      return
    }
    const found = json.Item === undefined ? 'nothing' : canonical({ M: json.Item })
    const before = told.get(key)
    const times = before?.found === found ? before.times + 1 : 1
    told.set(key, { found, times })
    if (times > most)
      throw new Violation(
        'a worker learns from answers',
        `${process.name} was told ${times} times what ${key} is, and writes against something else`,
      )
  }

  ended({ name }: SimulatedProcess): void {
    this.#told.delete(name)
  }
}
