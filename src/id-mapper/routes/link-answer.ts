import type { Link } from '../links/links.js'
import { type Answer, inText, later, type Query, refused } from '../openapi/operation.js'

/** The query parameter that asks for a redirect to the URL. */
export const redir = {
  description: '`true` to be redirected to the URL',
  schema: { type: 'string', maxLength: 5 },
} as const

/** Lists the URLs, one per line, or redirects if there is exactly one. */
export const linkAnswer = (links: readonly Link[], { redir: given }: Query): Answer => {
  const urls = [...new Set(links.flatMap((link) => (link._tag === 'Url' ? [link.url] : [])))]
  const [url, another] = urls
  if (url === undefined) {
    const missing = links.flatMap((link) => (link._tag === 'NoUrl' ? [link] : []))
    const { reason, later: waits } = missing.find((each) => each.later) ??
      missing[0] ?? { reason: 'there is nothing to link to', later: false }
    return waits ? later(reason, 5) : refused(404, reason)
  }
  if (given?.toLowerCase() !== 'true') return inText(urls.join('\n'))
  return another === undefined
    ? { _tag: 'Redirect', url }
    : refused(300, ['several URLs: select one container', ...urls].join('\n'))
}
