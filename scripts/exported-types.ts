import ts from 'typescript'

/** One of our types that an exported declaration uses but no module exports, so that users cannot name it. */
export interface HiddenType {
  readonly name: string
  /** The exported declaration that uses it. */
  readonly shownBy: string
}

const isOurs = (node: ts.Node): boolean =>
  node.getSourceFile().fileName.includes('/node_modules/ecs-task-stream/dist/')

/** The parts of a declaration that are in its public type: no bodies, initial values or private members. */
const visibleParts = (node: ts.Node): readonly ts.Node[] => {
  if (ts.isVariableDeclaration(node)) {
    if (node.type !== undefined) return [node.type]
    return node.initializer === undefined ? [] : visibleParts(node.initializer)
  }
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isFunctionLike(node))
    return [
      ...(node.typeParameters ?? []),
      ...node.parameters,
      ...(node.type === undefined ? [] : [node.type]),
    ]
  if (ts.isParameter(node)) return node.type === undefined ? [] : [node.type]
  if (ts.isClassDeclaration(node)) {
    const members = node.members.filter(
      (member) =>
        !(member.name !== undefined && ts.isPrivateIdentifier(member.name)) &&
        (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) === 0,
    )
    return [...(node.heritageClauses ?? []), ...members]
  }
  if (ts.isPropertyDeclaration(node)) return node.type === undefined ? [] : [node.type]
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeNode(node)) {
    const parts: ts.Node[] = []
    node.forEachChild((child) => void parts.push(child))
    return parts
  }
  if (ts.isTypeElement(node) || ts.isHeritageClause(node) || ts.isTypeParameterDeclaration(node)) {
    const parts: ts.Node[] = []
    node.forEachChild((child) => void parts.push(child))
    return parts
  }
  return []
}

/** The names of the types in the public type of a declaration. */
const typeNames = (node: ts.Node): readonly ts.Node[] => {
  const own = ts.isTypeReferenceNode(node)
    ? [node.typeName]
    : ts.isExpressionWithTypeArguments(node)
      ? [node.expression]
      : []
  return [...own, ...visibleParts(node).flatMap(typeNames)]
}

/**
 * For each declaration file of the package, the types that its exports use and that neither it nor one of `others`
 * exports.
 */
export const hiddenTypes = (
  entries: readonly string[],
  others: (entry: string) => readonly string[],
): ReadonlyMap<string, readonly HiddenType[]> => {
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  const exportsOf = (entry: string): readonly ts.Symbol[] => {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    return module === undefined ? [] : checker.getExportsOfModule(module).map(resolved)
  }
  return new Map(
    entries.map((entry) => {
      const exported = new Set(exportsOf(entry))
      const elsewhere = new Set(others(entry).flatMap(exportsOf))
      const hidden = [...exported].flatMap((symbol) =>
        (symbol.declarations ?? []).filter(isOurs).flatMap((declaration) =>
          typeNames(declaration).flatMap((name): readonly HiddenType[] => {
            const found = checker.getSymbolAtLocation(name)
            if (found === undefined) return []
            const type = resolved(found)
            const [at] = type.declarations ?? []
            if (at === undefined || !isOurs(at) || ts.isTypeParameterDeclaration(at)) return []
            if (exported.has(type) || elsewhere.has(type)) return []
            return [{ name: type.name, shownBy: symbol.name }]
          }),
        ),
      )
      return [entry, hidden] as const
    }),
  )
}
