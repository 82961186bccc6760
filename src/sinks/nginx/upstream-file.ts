/** A file with one upstream, and with its owner in the first line. Pure. */
import { createHash } from 'node:crypto'
import type { Owner, Row } from '../../core/sink.js'
import type { NginxUpstream } from './upstream.js'

const begin = '# Written by ecs-task-stream, and overwritten by it. Owner: '

export const printUpstreamFile = (owner: Owner, { text }: NginxUpstream): string =>
  `${begin}${JSON.stringify(owner)}\n${text}`

const ownerIn = (line: string): Owner | undefined => {
  if (!line.startsWith(begin)) return undefined
  try {
    const owner: unknown = JSON.parse(line.slice(begin.length))
    return typeof owner === 'string' && owner !== '' ? owner : undefined
  } catch {
    return undefined
  }
}

/** The row that a file stands for; `undefined` for a file without content. A file without our first line has no owner. */
export const rowIn = (key: string, text: string | undefined): Row<NginxUpstream> | undefined => {
  if (text === undefined || text.trim() === '') return undefined
  const end = text.indexOf('\n')
  const owner = ownerIn(end === -1 ? text : text.slice(0, end))
  const etag = createHash('sha256').update(text).digest('hex')
  return { key, value: { text: owner === undefined ? text : text.slice(end + 1) }, owner, etag }
}
