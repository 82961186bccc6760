/** Where two values differ, as paths with both sides. The order of members does not matter; that of elements does. */
export const differences = (expected: unknown, actual: unknown, path = ''): readonly string[] => {
  if (Object.is(expected, actual)) return []
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length)
    return expected.flatMap((one, i) => differences(one, actual[i], `${path}[${i}]`))
  if (isMembers(expected) && isMembers(actual))
    return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) =>
      differences(expected[key], actual[key], path === '' ? key : `${path}.${key}`),
    )
  return [`${path}: expected ${shown(expected)}, got ${shown(actual)}`]
}

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
