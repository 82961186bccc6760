/**
 * The names of a journal's files. There are thousands, one for each snapshot of a cluster, and all of them are looked at
 * before each plan.
 */

const digits = 8

const padded = (number: number): string => String(number).padStart(digits, '0')

/** As `recordTo` names its files, so that a recording is a journal: what follows the last hyphen. */
const entriesEnd = /^\d{8,}\.jsonl$/

/** Entries are in files of this form: those of workers, and those of recorders. */
export const isEntriesFile = (name: string): boolean => {
  const hyphen = name.lastIndexOf('-')
  return hyphen > 0 && !name.startsWith('.') && entriesEnd.test(name.slice(hyphen + 1))
}

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

const numbersIn = (names: readonly string[], prefix: string): readonly number[] => {
  const numbers: number[] = []
  for (const name of names) {
    const number = numberIn(name, prefix)
    if (number !== undefined) numbers.push(number)
  }
  return numbers.sort((a, b) => a - b)
}

/** Those above `after`, in ascending order. */
export const amendmentsAbove = (names: readonly string[], after: number): readonly number[] => {
  const last = amendmentFile(after)
  // Numbers with as many digits are in the order of their texts.
  const further = names.filter(
    (name) => name.startsWith('amendment.') && (name.length !== last.length || name > last),
  )
  return amendmentsIn(further).filter((number) => number > after)
}

/** In ascending order. */
export const amendmentsIn = (names: readonly string[]): readonly number[] => numbersIn(names, 'amendment.')

/** In ascending order. */
export const checkpointsIn = (names: readonly string[]): readonly number[] => numbersIn(names, 'checkpoint.')

/** In ascending order. */
export const leasesIn = (names: readonly string[], work: string): readonly number[] =>
  numbersIn(names, `lease.${workName(work)}.`)
