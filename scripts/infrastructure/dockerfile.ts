/** A Dockerfile as data: only the instructions that ours uses. */
export type Command =
  /** `["node", "file"]`: executed without a shell. */
  | { readonly _tag: 'Exec'; readonly words: readonly string[] }
  /** Passed to a shell, which does not forward signals. */
  | { readonly _tag: 'Shell'; readonly text: string }

export type Instruction =
  | { readonly _tag: 'From'; readonly image: string; readonly name: string | undefined }
  | { readonly _tag: 'Workdir'; readonly path: string }
  | {
      readonly _tag: 'Copy'
      /** A stage, or the build's context. */
      readonly from: string | undefined
      readonly sources: readonly string[]
      readonly target: string
    }
  | { readonly _tag: 'Run' | 'Entrypoint' | 'Cmd' | 'Healthcheck'; readonly command: Command }
  | { readonly _tag: 'Env' | 'Arg'; readonly name: string; readonly value: string }
  | { readonly _tag: 'User' | 'Expose' | 'Stopsignal'; readonly value: string }

export type Placed = Instruction & { readonly line: number }

const refuse = (line: number, what: string): never => {
  throw new Error(`Dockerfile, line ${line}: ${what}`)
}

const commandOf = (rest: string): Command => {
  if (!rest.startsWith('[')) return { _tag: 'Shell', text: rest }
  return { _tag: 'Exec', words: JSON.parse(rest) as readonly string[] }
}

const instructionOf = (keyword: string, rest: string, line: number): Instruction => {
  switch (keyword) {
    case 'FROM': {
      const [, image = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? refuse(line, `FROM ${rest}`)
      return { _tag: 'From', image, name }
    }
    case 'WORKDIR':
      return { _tag: 'Workdir', path: rest }
    case 'COPY': {
      const words = rest.split(/\s+/)
      const [first = ''] = words
      const from = /^--from=(.+)$/.exec(first)?.[1]
      const paths = from === undefined ? words : words.slice(1)
      if (paths.length < 2 || paths.some((path) => path.startsWith('-'))) refuse(line, `COPY ${rest}`)
      return { _tag: 'Copy', from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' }
    }
    case 'RUN':
      return { _tag: 'Run', command: commandOf(rest) }
    case 'ENTRYPOINT':
      return { _tag: 'Entrypoint', command: commandOf(rest) }
    case 'CMD':
      return { _tag: 'Cmd', command: commandOf(rest) }
    case 'HEALTHCHECK':
      return { _tag: 'Healthcheck', command: commandOf(rest.replace(/^(?:--\S+\s+)*CMD\s+/, '')) }
    case 'ENV': {
      const [, name = '', value = ''] = /^(\w+)=(\S+)$/.exec(rest) ?? refuse(line, `ENV ${rest}`)
      return { _tag: 'Env', name, value }
    }
    case 'ARG': {
      const [, name = '', value = ''] = /^(\w+)=(\S+)$/.exec(rest) ?? refuse(line, `ARG ${rest}`)
      return { _tag: 'Arg', name, value }
    }
    case 'USER':
      return { _tag: 'User', value: rest }
    case 'EXPOSE':
      return { _tag: 'Expose', value: rest }
    case 'STOPSIGNAL':
      return { _tag: 'Stopsignal', value: rest }
    default:
      return refuse(line, `${keyword} is not known here: teach it, or do without`)
  }
}

/** Parses a Dockerfile. Throws, with the line, for anything that it does not support. */
export const readDockerfile = (text: string): readonly Placed[] => {
  const placed: Placed[] = []
  let pending = ''
  let start = 0
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    // Comments are also allowed between the lines of one instruction.
    if (line.startsWith('#') || line === '') continue
    if (pending === '') start = i + 1
    if (line.endsWith('\\')) {
      pending += `${line.slice(0, -1).trim()} `
      continue
    }
    const [, keyword = '', rest = ''] = /^(\w+)\s+(.+)$/.exec(pending + line) ?? refuse(start, pending + line)
    placed.push({ ...instructionOf(keyword.toUpperCase(), rest, start), line: start })
    pending = ''
  }
  if (pending !== '') refuse(start, 'the last line goes on')
  return placed
}
