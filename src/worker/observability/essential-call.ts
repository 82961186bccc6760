/**
 * The calls of sources without which a worker knows nothing, by the first word of `SourceFailed.operation`. Their
 * sources say `Answered`. Without any other call, such as a lookup, some tasks are missing, and the log says which.
 */
const essential: ReadonlySet<string> = new Set([
  'ListShards',
  'ReceiveMessage',
  'clusters',
  'identity',
  'snapshot',
])

export const isEssential = (operation: string): boolean => {
  const [name = ''] = operation.split(' ', 1)
  return essential.has(name)
}
