/** The names of a journal's files. */

const digits = 8

const padded = (number: number): string => String(number).padStart(digits, '0')

/** As `recordTo` names its files, so that a recording is a journal. */
const entriesShape = /^(?!\.).+-\d{8,}\.jsonl$/

/** Entries are in files of this form: those of workers, and those of recorders. */
export const isEntriesFile = (name: string): boolean => entriesShape.test(name)

const ownPrefix = 'journal-'

export const entriesFile = (writer: string, number: number): string =>
  `${ownPrefix}${writer}-${padded(number)}.jsonl`

/** Whether a worker wrote the entries. Files of recorders are read, and never deleted. */
export const isOwnEntriesFile = (name: string): boolean => name.startsWith(ownPrefix) && isEntriesFile(name)

export const amendmentFile = (number: number): string => `amendment.${padded(number)}.jsonl`

export const checkpointFile = (number: number): string => `checkpoint.${padded(number)}.gz`

/** Other characters could be special to file systems. Each has four digits, so that two names are never the same. */
const workName = (work: string): string =>
  work.replace(/[^\w-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const leaseFile = (work: string, generation: number): string =>
  `lease.${workName(work)}.${padded(generation)}`

const numberIn = (name: string, prefix: string): number | undefined => {
  if (!name.startsWith(prefix)) return undefined
  const [, number] = /^(\d{8,})(?:\.\w+)?$/.exec(name.slice(prefix.length)) ?? []
  return number === undefined ? undefined : Number.parseInt(number, 10)
}

const numbersIn = (names: readonly string[], prefix: string): readonly number[] =>
  names.flatMap((name) => numberIn(name, prefix) ?? []).sort((a, b) => a - b)

/** In ascending order. */
export const amendmentsIn = (names: readonly string[]): readonly number[] => numbersIn(names, 'amendment.')

/** In ascending order. */
export const checkpointsIn = (names: readonly string[]): readonly number[] => numbersIn(names, 'checkpoint.')

/** In ascending order. */
export const leasesIn = (names: readonly string[], work: string): readonly number[] =>
  numbersIn(names, `lease.${workName(work)}.`)
