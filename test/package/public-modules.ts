import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

/** The paths of what lies under a folder of the checkout. */
export const filesUnder = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path))
    .sort()

const parsed = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)

const target = (file: string, specifier: string): string =>
  normalize(join(dirname(file), specifier.replace(/\.js$/, '.ts')))

/** The files of ours that this one imports, at once or later. */
export const importsOf = (file: string): readonly string[] =>
  ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => target(file, specifier))

export interface PublicName {
  readonly name: string
  /** Where it is declared. */
  readonly file: string
  readonly isType: boolean
  readonly documented: boolean
}

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

const isDocumented = (statement: ts.Statement): boolean => ts.getJSDocCommentsAndTags(statement).length > 0

const declaredNames = (statement: ts.Statement): readonly string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  if (
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement)
  )
    return statement.name === undefined ? [] : [statement.name.text]
  return []
}

/**
 * What a module offers, each name with the place where it is declared: in the module itself, or in one that it passes
 * on.
 */
export const publicNames = (file: string): readonly PublicName[] =>
  parsed(file).statements.flatMap((statement): readonly PublicName[] => {
    if (
      ts.isExportDeclaration(statement) &&
      statement.moduleSpecifier !== undefined &&
      ts.isStringLiteral(statement.moduleSpecifier)
    ) {
      const from = target(file, statement.moduleSpecifier.text)
      if (!existsSync(from)) return []
      const { exportClause } = statement
      const passedOn =
        exportClause !== undefined && ts.isNamedExports(exportClause)
          ? new Set(exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text))
          : undefined
      return publicNames(from).filter(({ name }) => passedOn?.has(name) ?? true)
    }
    if (!isExported(statement)) return []
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    const documented = isDocumented(statement)
    return declaredNames(statement).map((name) => ({ name, file, isType, documented }))
  })
