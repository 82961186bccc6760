import { readFileSync } from 'node:fs'

interface Statement {
  readonly Action: string | readonly string[]
}

const actionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, json = '']) => {
    const statements = JSON.parse(json) as Statement | readonly Statement[]
    return (Array.isArray(statements) ? statements : [statements]).flatMap(({ Action }: Statement) => Action)
  })

/** The actions that docs/iam.md says a part needs. */
export const documentedActions = (part: string): readonly string[] => {
  const text = readFileSync('docs/iam.md', 'utf8')
  const start = text.indexOf(`\n## \`${part}\``)
  if (start < 0) throw new Error(`docs/iam.md has no heading \`${part}\``)
  const end = text.indexOf('\n## ', start + 1)
  return [...new Set(actionsIn(text.slice(start, end < 0 ? undefined : end)))].sort()
}
