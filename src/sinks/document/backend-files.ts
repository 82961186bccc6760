/** The names of files, one for each backend: its name, with what a file's name cannot have as `%xx`. Pure. */

/** File systems allow 255 bytes, and a temporary file beside the file has 42 more than the file itself. */
const mostBytes = 213

const escaped = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

export interface BackendFiles {
  /**
   * `web` is in `web.json`, and `shop/web` in `shop%2Fweb.json`. `undefined` if the name is too long. The name must be
   * well-formed Unicode.
   */
  readonly fileNameOf: (backend: string) => string | undefined
  /** The backend whose file has this name; `undefined` if no backend's has. */
  readonly backendOfFile: (fileName: string) => string | undefined
}

/** `ending`: that of the files, such as `.json`. */
export const backendFiles = (ending: string): BackendFiles => {
  const fileNameOf = (backend: string): string | undefined => {
    const name = encodeURIComponent(backend)
      .replace(/[!~*'()]/g, escaped)
      // Such files are hidden, and temporary ones are called so.
      .replace(/^\./, escaped)
    return name.length + ending.length > mostBytes ? undefined : `${name}${ending}`
  }
  return {
    fileNameOf,
    backendOfFile: (fileName) => {
      if (!fileName.endsWith(ending)) return undefined
      try {
        const backend = decodeURIComponent(fileName.slice(0, -ending.length))
        return backend !== '' && fileNameOf(backend) === fileName ? backend : undefined
      } catch {
        return undefined
      }
    },
  }
}
