import { readFileSync } from 'node:fs'

export interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

const statementsIn = (text: string): readonly Statement[] =>
  [...text.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(
    ([, json = '']) => JSON.parse(json) as Statement | readonly Statement[],
  )

/** The statements that docs/iam.md gives for a part. */
export const documentedStatements = (part: string): readonly Statement[] => {
  const text = readFileSync('docs/iam.md', 'utf8')
  const start = text.indexOf(`\n## \`${part}\``)
  if (start < 0) throw new Error(`docs/iam.md has no heading \`${part}\``)
  const end = text.indexOf('\n## ', start + 1)
  return statementsIn(text.slice(start, end < 0 ? undefined : end))
}

/** The actions that docs/iam.md says a part needs. */
export const documentedActions = (part: string): readonly string[] =>
  [...new Set(documentedStatements(part).flatMap(({ Action }) => Action))].sort()

/** The statements of docs/srv-records.md, which narrow the part `srvRecords` further. */
export const documentedZoneStatements = (): readonly Statement[] => {
  const page = readFileSync('docs/srv-records.md', 'utf8')
  return statementsIn(/\n## IAM\n[\s\S]*?```json\n[\s\S]*?```/.exec(page)?.[0] ?? '')
}
