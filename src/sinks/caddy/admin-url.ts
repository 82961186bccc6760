import { OptionError } from '../../core/option-error.js'

/** Where Caddy's admin API is. */
export interface AdminPlace {
  /** For people. */
  readonly text: string
  /** What `http.request` takes. */
  readonly options: { readonly host: string; readonly port: number } | { readonly socketPath: string }
}

const expected = 'expected a URL such as http://localhost:2019, or unix:/run/caddy/admin.sock'

/** Throws an OptionError unless it is the URL of an HTTP server, or a Unix socket. */
export const adminPlace = (option: string, text: string): AdminPlace => {
  const refused = (got: string): OptionError => new OptionError(`${option}: ${expected}, got ${got}`)
  if (text.startsWith('unix:')) {
    const socketPath = text.slice('unix:'.length)
    if (!socketPath.startsWith('/')) throw refused(JSON.stringify(text))
    return { text, options: { socketPath } }
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw refused('something else')
  if (url.username !== '' || url.password !== '') throw refused(`one with a user or password for ${url.host}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { text: url.origin, options: { host, port: Number(url.port || 80) } }
}
