/** The names of files for Envoy: a backend's name, with what a file's name cannot have as `%xx`. Pure. */

const ending = '.json'

/** File systems allow 255 bytes, and a temporary file beside the file has 42 more than the file itself. */
const mostBytes = 213

const escaped = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/**
 * `web` is in `web.json`, and `shop/web` in `shop%2Fweb.json`. `undefined` if the name is too long. The name must be
 * well-formed Unicode.
 */
export const fileNameOf = (backend: string): string | undefined => {
  const name = encodeURIComponent(backend)
    .replace(/[!~*'()]/g, escaped)
    // Such files are hidden, and temporary ones are called so.
    .replace(/^\./, escaped)
  return name.length + ending.length > mostBytes ? undefined : `${name}${ending}`
}

/** The backend whose file has this name; `undefined` if no backend's has. */
export const backendOfFile = (fileName: string): string | undefined => {
  if (!fileName.endsWith(ending)) return undefined
  try {
    const backend = decodeURIComponent(fileName.slice(0, -ending.length))
    return backend !== '' && fileNameOf(backend) === fileName ? backend : undefined
  } catch {
    return undefined
  }
}
