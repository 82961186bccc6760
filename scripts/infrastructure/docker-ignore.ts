/** A pattern of Go's `filepath.Match`, with `**` for any number of folders, as the builder supports it. */
const expressionOf = (pattern: string): RegExp => {
  const body = pattern
    .replace(/^\/+|\/+$/g, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      switch (part) {
        case '**/':
          return '(?:.*/)?'
        case '**':
          return '.*'
        case '*':
          return '[^/]*'
        case '?':
          return '[^/]'
        default:
          return part.replace(/[.+^${}()|[\]\\]/g, '\\$&')
      }
    })
    .join('')
  // A pattern that matches a folder also matches everything below it.
  return new RegExp(`^${body}(?:/.*)?$`)
}

/**
 * Whether a path of the context is excluded. The last pattern that matches it decides; a pattern with `!` includes it.
 */
export const dockerIgnore = (text: string): ((path: string) => boolean) => {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line.startsWith('!')
        ? { ignored: false, expression: expressionOf(line.slice(1)) }
        : { ignored: true, expression: expressionOf(line) },
    )
  return (path) => rules.findLast(({ expression }) => expression.test(path))?.ignored ?? false
}
