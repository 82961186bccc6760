import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyReply } from 'fastify'

/** The files of the page. They are read once, and served from memory. */
export interface Page {
  /** Its paths, such as `/assets/page-1a2b3c4d.js`, without `/`. */
  readonly paths: readonly string[]
  /** Whether a request's URL is one of the page. */
  readonly isPart: (url: string) => boolean
  readonly send: (path: string, reply: FastifyReply) => void
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}

/** What stands at `/` where the page is not built. */
const withoutPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>ecs-task-stream</title>
<h1>ecs-task-stream</h1>
<p>The page of the inspector is not built here. What it would show: <a href="/state">/state</a>, and
<code>/explain/&lt;question&gt;</code>.</p>
</html>
`

/** Names with a hash of their content never change. */
const isHashed = (path: string): boolean => /[-.][\w-]{8,}\.\w+$/.test(path)

const pathOf = (url: string): string => url.replace(/[?#].*$/, '')

/** The page in a directory, with `index.html` for `/`. A plain one if there is none. */
export const readPage = async (directory: string | undefined): Promise<Page> => {
  const files = new Map<string, { readonly body: Buffer; readonly type: string }>()
  if (directory !== undefined)
    for (const name of await filesIn(directory)) {
      const type = types[extname(name)]
      // Source maps and the like stay out.
      if (type === undefined) continue
      const path = name === 'index.html' ? '/' : `/${name}`
      files.set(path, { body: await readFile(join(directory, name)), type })
    }
  if (!files.has('/')) files.set('/', { body: Buffer.from(withoutPage), type: 'text/html; charset=utf-8' })
  return {
    paths: [...files.keys()].filter((path) => path !== '/'),
    isPart: (url) => files.has(pathOf(url)),
    send: (path, reply) => {
      const file = files.get(path)
      if (file === undefined) {
        reply.callNotFound()
        return
      }
      void reply
        .header('cache-control', isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
        .type(file.type)
        .send(file.body)
    },
  }
}

/** The files in a directory and below, with slashes. None if there is no such directory. */
const filesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return (await readdir(directory, { recursive: true })).map((name) => name.replaceAll('\\', '/'))
  } catch {
    return []
  }
}
