import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import type { Construct } from 'constructs'
import { type CollectionTag, parse, type ScalarTag, YAMLMap } from 'yaml'

/** What the templates' parameters are. Texts may be tokens. */
export type Parameters = Readonly<Record<string, string | number | readonly string[]>>

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const long = (name: string): string => (name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`)

const scalar = (name: string): ScalarTag => ({
  tag: `!${name}`,
  resolve: (text) => ({ [long(name)]: name === 'GetAtt' ? text.split('.') : text }),
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

const customTags = [
  ...['Ref', 'Sub', 'GetAtt', 'Condition'].map(scalar),
  ...['If', 'Equals', 'Not'].map(sequence),
]

const variable = /\$\{([^}]+)\}/g

const namesIn = (text: string): readonly string[] => [...text.matchAll(variable)].map(([, name = '']) => name)

const nothing = Symbol('AWS::NoValue')

/** The resources, with every condition decided: all parameters are known, so that none is left for CloudFormation. */
const settled = ({ Conditions = {}, ...template }: Members, parameters: Parameters): Members => {
  const conditions = isMembers(Conditions) ? Conditions : {}
  const operand = (value: unknown): unknown =>
    isMembers(value) && typeof value['Ref'] === 'string' ? parameters[value['Ref']] : value
  const truth = (condition: unknown): boolean => {
    if (isMembers(condition)) {
      const { 'Fn::Equals': equals, 'Fn::Not': not, Condition: name } = condition
      if (Array.isArray(equals)) return operand(equals[0]) === operand(equals[1])
      if (Array.isArray(not)) return !truth(not[0])
      if (typeof name === 'string') return holds(name)
    }
    throw new Error(`this condition cannot be decided: ${JSON.stringify(condition)}`)
  }
  const holds = (name: string): boolean => {
    if (!(name in conditions)) throw new Error(`there is no condition ${name}`)
    return truth(conditions[name])
  }
  const decided = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decided).filter((one) => one !== nothing)
    if (!isMembers(value)) return value
    if (value['Ref'] === 'AWS::NoValue') return nothing
    const text = value['Fn::Sub']
    if (typeof text === 'string' && namesIn(text).every((name) => name in parameters))
      return text.replace(variable, (_, name: string) => String(parameters[name]))
    const choice = value['Fn::If']
    if (Array.isArray(choice)) return decided(holds(String(choice[0])) ? choice[1] : choice[2])
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, one]) => [key, decided(one)] as const)
        .filter(([, one]) => one !== nothing),
    )
  }
  const resources = isMembers(template['Resources']) ? template['Resources'] : {}
  return {
    Parameters: template['Parameters'],
    Resources: Object.fromEntries(
      Object.entries(resources).flatMap(([name, resource]) => {
        if (!isMembers(resource)) return []
        const { Condition, ...rest } = resource
        return Condition !== undefined && !holds(String(Condition)) ? [] : [[name, decided(rest)]]
      }),
    ),
  }
}

/**
 * Includes the resources of a template of `infrastructure/`. Its own conditions and outputs are left out: conditions that
 * are always true make CDK warn, and a construct has members in place of outputs.
 */
export const includeSettled = (scope: Construct, name: string, parameters: Parameters): CfnInclude => {
  const template: unknown = parse(readFileSync(join(__dirname, '..', `${name}.yaml`), 'utf8'), { customTags })
  if (!isMembers(template)) throw new Error(`${name}.yaml is no template`)
  const folder = mkdtempSync(join(tmpdir(), 'ecs-task-stream-'))
  try {
    const templateFile = join(folder, 'template.json')
    writeFileSync(templateFile, JSON.stringify(settled(template, parameters)))
    // Several of one kind may be in one stack.
    return new CfnInclude(scope, 'Template', { templateFile, preserveLogicalIds: false, parameters })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
