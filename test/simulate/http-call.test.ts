import { expect, it } from 'vitest'
import { call, type CallAnswer } from '../../simulate/network/http-call.js'

it('a listener of Node gets the head and the body, and its answer is heard, without a socket', async () => {
  const heard: string[] = []
  const answer = await new Promise<CallAnswer>((resolve) => {
    call(
      (request, response) => {
        request.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
        request.on('end', () => {
          heard.push(`${request.method} ${String(request.headers['x-api-key'])}`)
          response.writeHead(503, { 'retry-after': '2' }).end('later')
        })
      },
      { method: 'POST', headers: { 'x-api-key': 'key' }, body: '{}' },
      resolve,
    )
  })
  expect(heard).toEqual(['{}', 'POST key'])
  expect(answer).toEqual({ status: 503, retryAfter: 2, body: 'later' })
})

it('who hangs up hears no answer, and the listener hears that', async () => {
  const heard: string[] = []
  const ended = new Promise<void>((resolve) => {
    const { hangUp } = call(
      (_, response) => {
        response.once('close', () => {
          response.end()
          resolve()
        })
      },
      { method: 'POST', headers: {}, body: '' },
      () => heard.push('an answer'),
    )
    hangUp()
  })
  await ended
  expect(heard).toEqual([])
})
