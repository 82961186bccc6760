/** The clients: so many requests a second to each target, each over a connection of its own. */
import { request } from 'node:http'
import type { Asked, Route } from './load.js'
import { now } from './now.js'

const [routes, perSecond] = JSON.parse(process.argv[2] ?? '') as [readonly Route[], number]
const everyMs = 1000 / perSecond
let asked: Asked[] = []

const ask = ({ target, port, host }: Route): void => {
  const sent = now()
  let isTold = false
  const tell = (status: number, task: string): void => {
    if (isTold) return
    isTold = true
    asked.push({ target, sent, ended: now(), status, task })
  }
  const headers = { host, 'x-target': target, connection: 'close' }
  const asking = request({ host: '127.0.0.1', port, headers, agent: false, timeout: 5000 }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    response.on('end', () => tell(response.statusCode ?? 0, body.slice(0, 40)))
    response.on('error', (error) => tell(0, error.message))
  })
  asking.on('timeout', () => asking.destroy(new Error('timeout')))
  asking.on('error', (error) => tell(0, error.message))
  asking.end()
}

// Each target has a place of its own in the interval, so that not all are asked at the same instant.
for (const [i, route] of routes.entries()) {
  let next = now() + (i * everyMs) / routes.length
  const again = (): void => {
    ask(route)
    next += everyMs
    setTimeout(again, Math.max(0, next - now()))
  }
  setTimeout(again, Math.max(0, next - now()))
}
process.on('message', () => {
  process.send?.(asked)
  asked = []
})
process.once('disconnect', () => process.exit())
