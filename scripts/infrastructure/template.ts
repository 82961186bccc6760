/** CloudFormation templates as data, and what they come to with given parameters: as much of it as they use. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CollectionTag, parse, type ScalarTag, YAMLMap } from 'yaml'

export const folder = 'infrastructure'

export const templateNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()

export const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** Without intrinsic functions: texts, numbers, lists and objects. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

export interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly DeletionPolicy?: string
  readonly Properties: Readonly<Record<string, Plain>>
}

export interface Template {
  readonly Parameters: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Default?: unknown; readonly AllowedValues?: readonly Plain[] }
    >
  >
  readonly Conditions?: Readonly<Record<string, unknown>>
  readonly Resources: Readonly<Record<string, unknown>>
}

const long = (name: string): string => (name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`)

const scalar = (name: string): ScalarTag => ({
  tag: `!${name}`,
  resolve: (text) => ({
    [long(name)]:
      name === 'GetAtt' ? [text.slice(0, text.indexOf('.')), text.slice(text.indexOf('.') + 1)] : text,
  }),
})

const sequence = (name: string): CollectionTag => ({
  tag: `!${name}`,
  collection: 'seq',
  resolve: (seq) => {
    const map = new YAMLMap()
    map.set(long(name), seq)
    return map
  },
})

const tags = [...['Ref', 'Sub', 'GetAtt', 'Condition'].map(scalar), ...['If', 'Equals', 'Not'].map(sequence)]

export const parsed = (name: string): Template => parse(textOf(name), { customTags: tags }) as Template

const noValue = Symbol('AWS::NoValue')

const pseudo: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '123456789012',
  'AWS::StackName': 'stack',
}

const attributeOf = (resource: string, attribute: string): string =>
  attribute === 'Arn' ? `arn:of:${resource}` : `${attribute} of ${resource}`

/** What the resources are, with these parameters: what a condition leaves out is not there. */
export const resourcesOf = (
  { Parameters, Conditions = {}, Resources }: Template,
  given: Readonly<Record<string, Plain>>,
): Readonly<Record<string, Resource>> => {
  const valueOf = (name: string): Plain => {
    const value = pseudo[name] ?? given[name] ?? (Parameters[name]?.Default as Plain | undefined)
    if (value !== undefined) return value
    if (Resources[name] !== undefined) return `ref:${name}`
    throw new Error(`nothing is called ${name}`)
  }
  const holds = (name: string): boolean => {
    if (!(name in Conditions)) throw new Error(`there is no condition ${name}`)
    return truth(Conditions[name])
  }
  const truth = (condition: unknown): boolean => {
    const [[operator, operand] = ['']] = Object.entries(condition as object) as [string, unknown][]
    switch (operator) {
      case 'Fn::Equals': {
        const [a, b] = (operand as unknown[]).map(evaluated)
        return a === b
      }
      case 'Fn::Not':
        return !truth((operand as unknown[])[0])
      case 'Condition':
        return holds(operand as string)
      default:
        throw new Error(`no condition: ${JSON.stringify(condition)}`)
    }
  }
  const call = (operator: string, operand: unknown): Plain | typeof noValue => {
    switch (operator) {
      case 'Ref':
        return operand === 'AWS::NoValue' ? noValue : valueOf(operand as string)
      case 'Fn::GetAtt': {
        const [resource = '', attribute = ''] = operand as string[]
        if (Resources[resource] === undefined) throw new Error(`there is no resource ${resource}`)
        return attributeOf(resource, attribute)
      }
      case 'Fn::Sub':
        return (operand as string).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
          const value = valueOf(name)
          if (typeof value !== 'string') throw new Error(`${name} is no text`)
          return value
        })
      case 'Fn::If': {
        const [condition, yes, no] = operand as [string, unknown, unknown]
        return evaluated(holds(condition) ? yes : no)
      }
      default:
        throw new Error(`no function: ${operator}`)
    }
  }
  const evaluated = (value: unknown): Plain | typeof noValue => {
    if (Array.isArray(value)) return value.map(evaluated).filter((one) => one !== noValue)
    if (typeof value !== 'object' || value === null) return value as Plain
    const entries = Object.entries(value)
    const [[key, operand] = ['']] = entries as [string, unknown][]
    if (entries.length === 1 && (key === 'Ref' || key.startsWith('Fn::'))) return call(key, operand)
    return Object.fromEntries(
      entries
        .map(([name, one]) => [name, evaluated(one)] as const)
        .filter((entry): entry is readonly [string, Plain] => entry[1] !== noValue),
    )
  }
  return Object.fromEntries(
    Object.entries(Resources)
      .map(([name, resource]) => [name, evaluated(resource) as unknown as Resource] as const)
      .filter(([, { Condition }]) => Condition === undefined || holds(Condition)),
  )
}

/** A value for each parameter that has none: of its type, and of what workers take for their settings. */
export const sampleParameters = (
  { Parameters }: Template,
  more: Readonly<Record<string, Plain>> = {},
): Readonly<Record<string, Plain>> =>
  Object.fromEntries(
    Object.entries(Parameters)
      .filter(([, { Default }]) => Default === undefined)
      .map(([name, { Type, AllowedValues }]) => [
        name,
        more[name] ??
          AllowedValues?.[0] ??
          (name === 'QueueUrl'
            ? 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events'
            : name === 'TopicArn'
              ? 'arn:aws:sns:eu-west-1:123456789012:ecs-events'
              : /^List<|CommaDelimitedList/.test(Type)
                ? [`${name}-1`]
                : name.toLowerCase()),
      ]),
  )

export const ofType = (
  resources: Readonly<Record<string, Resource>>,
  type: string,
): readonly (readonly [name: string, properties: Resource['Properties']])[] =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([name, { Properties }]) => [name, Properties])
