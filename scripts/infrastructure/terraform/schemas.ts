/** The schemas of Terraform's AWS provider, read from its published TypeScript bindings. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A type of Terraform, as its protocol writes it: `"string"` or `["list", "string"]`. */
export type TypeConstraint = string | readonly [kind: string, element: TypeConstraint]

export interface Attribute {
  readonly name: string
  readonly type: TypeConstraint
  readonly required: boolean
  readonly optional: boolean
  readonly computed: boolean
}

export interface NestedBlock {
  readonly name: string
  readonly isRequired: boolean
  readonly isSingle: boolean
  readonly block: Block
}

export interface Block {
  readonly attributes: readonly Attribute[]
  readonly blocks: readonly NestedBlock[]
}

/** Which types of resources and data sources the modules use, by the folder of their binding. */
const folderOf = (type: string): string => type.replace(/^aws_/, '').replaceAll('_', '-')

export const bindingOf = (kind: 'resource' | 'data', type: string): string =>
  `lib/${kind === 'data' ? 'data-aws-' : ''}${folderOf(type)}/index.d.ts`

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/([a-z])(\d+)(?=_|$)/g, '$1$2')

const mapOf: TypeConstraint = ['map', 'string']

const constraintOf = (text: string): TypeConstraint | undefined => {
  const type = text.replace(/\s+/g, ' ').replace(' | cdktf.IResolvable', '').trim()
  if (type === 'string' || type === 'number') return type
  if (type === 'boolean') return 'bool'
  if (type === 'string[]' || type === 'cdktf.StringList') return ['list', 'string']
  if (type === 'number[]') return ['list', 'number']
  if (type === '{ [key: string]: string; }' || type === 'cdktf.StringMap') return mapOf
  return undefined
}

interface Member {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
}

const membersOf = (text: string, name: string): readonly Member[] => {
  const start = new RegExp(`^export interface ${name}(?: extends [\\w.]+)? \\{$`, 'm').exec(text)
  if (start === null) throw new Error(`the bindings have no interface ${name}`)
  const body = text.slice(start.index, text.indexOf('\n}', start.index))
  return [
    ...body.matchAll(
      /\[?#(\w+) [\w#]+\}(?:(?!\*\/)[\s\S])*\*\/\s+readonly \w+(\?)?: ((?:\{[^}]*\}|[^;{])+);/g,
    ),
  ].map(([, argument = '', mark, type = '']) => ({ name: argument, isOptional: mark === '?', type }))
}

const blockOf = (text: string, name: string): Block => {
  const attributes: Attribute[] = []
  const blocks: NestedBlock[] = []
  for (const { name: argument, isOptional, type } of membersOf(text, name)) {
    const constraint = constraintOf(type)
    if (constraint !== undefined) {
      attributes.push({
        name: argument,
        type: constraint,
        required: !isOptional,
        optional: isOptional,
        computed: isOptional,
      })
      continue
    }
    const [, nested = '', list] = /^(\w+)(\[\])?/.exec(type) ?? []
    blocks.push({
      name: argument,
      isRequired: !isOptional,
      isSingle: list === undefined,
      block: blockOf(text, nested),
    })
  }
  return { attributes, blocks }
}

/** What the provider alone sets: what the binding's last class can read, and takes from nobody. */
const computedOf = (text: string, given: Block): readonly Attribute[] => {
  const known = new Set([...given.attributes, ...given.blocks].map(({ name }) => name))
  const main = text.slice(text.lastIndexOf('export declare class '))
  return [...main.matchAll(/^ {4}get (\w+)\(\): ([^;{]+);/gm)].flatMap(([, getter = '', type = '']) => {
    const name = snake(getter)
    const constraint = constraintOf(type)
    return getter.endsWith('Input') || known.has(name) || constraint === undefined
      ? []
      : [{ name, type: constraint, required: false, optional: false, computed: true }]
  })
}

/** The schema of a type of resource or data source, from the folder with the bindings. */
export const schemaOf = (bindings: string, kind: 'resource' | 'data', type: string): Block => {
  const text = readFileSync(join(bindings, bindingOf(kind, type)), 'utf8')
  const config = /^export interface (\w+Config) extends cdktf\.TerraformMetaArguments \{$/m.exec(text)?.[1]
  if (config === undefined) throw new Error(`the binding of ${type} has no configuration`)
  const given = blockOf(text, config)
  return { ...given, attributes: [...given.attributes, ...computedOf(text, given)] }
}
