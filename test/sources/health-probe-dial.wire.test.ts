import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Address } from '../../src/core/desired.js'
import { checkProbe, dial, type HttpProbe } from '../../src/sources/health-probe/dial.js'
import { selfSignedCertificate } from '../../sim/sns/self-signed-certificate.js'
import { freePort } from '../support/free-port.js'
import { needs } from '../tiers/needs.js'

/** Listens on a free port until the test ends; knows the connections that are open. */
const listening = async (
  server: Server,
  host = '127.0.0.1',
): Promise<{ readonly address: Address; readonly open: ReadonlySet<Socket> }> => {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of open) socket.destroy()
    await closed
  })
  return { address: { host, port: (server.address() as AddressInfo).port }, open }
}

const web = (listener: RequestListener, host?: string) => listening(createServer(listener), host)

const answers =
  (status: number, headers: Record<string, string> = {}, body = 'fine') =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers).end(body)
  }

const get: HttpProbe = { kind: 'http', path: '/health' }
/** Not every machine has it, containers least of all. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
)
const never = (): AbortSignal => new AbortController().signal

describe('an HTTP probe', () => {
  it('asks its path of the address itself, on a connection of its own', async () => {
    const requests: IncomingMessage[] = []
    const { address, open } = await web((request, response) => {
      requests.push(request)
      response.end('fine')
    })
    await dial({ ...get, path: '/health?deep=1' }, address, never())
    await dial(get, address, never())
    const [first] = requests
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /health?deep=1',
      'GET /health',
    ])
    expect(first?.headers).toMatchObject({
      host: `127.0.0.1:${address.port}`,
      connection: 'close',
      'user-agent': 'ecs-task-stream',
    })
    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(2)
    await vi.waitFor(() => expect(open.size).toBe(0))
  })

  it('sends the Host header that it is given', async () => {
    let host: string | undefined
    const { address } = await web((request, response) => {
      host = request.headers.host
      response.end()
    })
    await dial({ ...get, host: 'shop.example.com' }, address, never())
    expect(host).toBe('shop.example.com')
  })

  it.each([200, 204, 302, 399])('passes on %d', async (status) => {
    const { address } = await web(answers(status))
    await dial(get, address, never())
  })

  it.each([400, 404, 500, 503])('fails on %d, and says what was expected', async (status) => {
    const { address, open } = await web(answers(status))
    await expect(dial(get, address, never())).rejects.toThrow(
      `GET http://127.0.0.1:${address.port}/health answered ${status}, expected 200 to 399`,
    )
    await vi.waitFor(() => expect(open.size).toBe(0))
  })

  it('succeeds with the statuses that the probe expects, and fails with others', async () => {
    const { address } = await web(answers(401))
    await dial({ ...get, expect: { from: 401, to: 401 } }, address, never())
    const other = await web(answers(200))
    await expect(dial({ ...get, expect: { from: 401, to: 401 } }, other.address, never())).rejects.toThrow(
      'answered 200, expected 401 to 401',
    )
  })

  it('never follows a redirect', async () => {
    let visits = 0
    const elsewhere = await web((_, response) => {
      visits++
      response.end()
    })
    const { address } = await web(answers(302, { location: `http://127.0.0.1:${elsewhere.address.port}/` }))
    await dial(get, address, never())
    await expect(dial({ ...get, expect: { from: 200, to: 299 } }, address, never())).rejects.toThrow(
      'answered 302',
    )
    expect(visits).toBe(0)
  })

  it('reads no more than a bound of an answer without an end', async () => {
    const { address, open } = await web((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      }
      response.on('drain', more)
      more()
    })
    await dial(get, address, never())
    await vi.waitFor(() => expect(open.size).toBe(0))
  })

  it('fails when the connection breaks before the answer, or within it', async () => {
    const before = await web((request) => request.socket.destroy())
    await expect(dial(get, before.address, never())).rejects.toThrow(/\/health failed: socket hang up/)
    const within = await web((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => request.socket.destroy())
    })
    await expect(dial(get, within.address, never())).rejects.toThrow(/\/health failed: /)
  })

  it('fails on what is not HTTP', async () => {
    const { address } = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')))
    await expect(dial(get, address, never())).rejects.toThrow(/\/health failed: Parse Error/)
  })

  it('fails if the connection is refused', async () => {
    const address = { host: '127.0.0.1', port: await freePort() }
    await expect(dial(get, address, never())).rejects.toThrow('ECONNREFUSED')
  })

  it('ends with its signal, and leaves no connection, whether nothing or half of the answer came', async () => {
    for (const half of [false, true]) {
      const { address, open } = await web((_, response) => {
        if (half) response.writeHead(200).write('half')
      })
      const stop = new AbortController()
      const asked = dial(get, address, stop.signal)
      asked.catch(() => undefined)
      await vi.waitFor(() => expect(open.size).toBe(1))
      stop.abort()
      await expect(asked).rejects.toThrow()
      await vi.waitFor(() => expect(open.size).toBe(0))
    }
  })

  it('uses HTTPS if the probe says so, and accepts a certificate for any name', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const cert = selfSignedCertificate({
      subject: 'shop.example.com',
      privateKey,
      publicKey,
      from: Date.now() - 1_000,
      to: Date.now() + 60_000,
    })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const { address } = await listening(createTlsServer({ key, cert }, answers(200)))
    await dial({ ...get, scheme: 'https' }, address, never())
    await expect(dial(get, address, never())).rejects.toThrow(/failed/)
  })

  it('asks IPv6 addresses', needs(hasIpv6 ? undefined : 'no IPv6 on this machine'), async () => {
    let host: string | undefined
    const { address } = await web((request, response) => {
      host = request.headers.host
      response.end()
    }, '::1')
    await dial(get, address, never())
    expect(host).toBe(`[::1]:${address.port}`)
  })
})

describe('a TCP probe', () => {
  it('passes where connections are taken, and closes its own', async () => {
    const { address, open } = await listening(createTcpServer())
    await dial({ kind: 'tcp' }, address, never())
    await vi.waitFor(() => expect(open.size).toBe(0))
  })

  it('fails if the connection is refused', async () => {
    const server = createTcpServer()
    const { address } = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    await expect(dial({ kind: 'tcp' }, address, never())).rejects.toThrow('ECONNREFUSED')
  })

  it('ends with its signal', async () => {
    const { address } = await listening(createTcpServer())
    await expect(dial({ kind: 'tcp' }, address, AbortSignal.abort())).rejects.toThrow()
  })
})

describe('the check of a probe', () => {
  it.each([
    '',
    'health',
    'http://elsewhere/',
    '/a b',
    '/a\r\nX-Header: 1',
    '/é',
    '/a#b',
    `/${'a'.repeat(2_048)}`,
  ])('refuses the path %j', (path) => {
    expect(() => checkProbe({ kind: 'http', path })).toThrow(/expected a path that begins with "\/"/)
  })

  it('takes paths with queries, also those that look like hosts', () => {
    for (const path of ['/', '/health?a=b&c=%20', '//elsewhere/x']) checkProbe({ kind: 'http', path })
  })

  it('sends a path that looks like a host to the endpoint itself', async () => {
    let url: string | undefined
    const { address } = await web((request, response) => {
      url = request.url
      response.end()
    })
    await dial({ kind: 'http', path: '//elsewhere.example.com/x' }, address, never())
    expect(url).toBe('//elsewhere.example.com/x')
  })

  it('refuses an invalid Host header and invalid statuses', () => {
    expect(() => checkProbe({ ...get, host: 'a\r\nb' })).toThrow(
      /expected a host name for the Host header, got "a\\r\\nb"/,
    )
    for (const [from, to] of [
      [99, 200],
      [200, 600],
      [300, 200],
      [200.5, 201],
    ] as const)
      expect(() => checkProbe({ ...get, expect: { from, to } })).toThrow(
        `expected statuses between 100 and 599, got ${from} to ${to}`,
      )
  })
})
