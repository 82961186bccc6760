import { request } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text as bodyText } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/shared/codec/json.js'
import { caddyConfig, type CaddyTarget } from './caddy-target.js'

interface Answer {
  readonly status: number
  readonly etag: string | undefined
  readonly json: unknown
  readonly error: string
}

const ask = async (
  { url }: CaddyTarget,
  method: string,
  path: string,
  { body, headers = {} }: { readonly body?: Json; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> => {
  const sent = request(`${url}${path}`, {
    method,
    agent: false,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  })
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const text = await bodyText(response)
  const json = text === '' ? undefined : (JSON.parse(text) as { readonly error?: string } | null)
  return { status: response.statusCode ?? 0, etag: response.headers.etag, json, error: json?.error ?? '' }
}

const servers = '/config/apps/http/servers'
const handler = `${servers}/main/routes/0/handle/0/routes/0/handle/1`
const proxy = { '@id': 'ecs:web', handler: 'reverse_proxy' }

/** What the sink relies on, for a Caddy and for what stands for one. `make`: a Caddy whose configuration is of no account. */
export const adminApiBehaviour = (name: string, make: () => Promise<CaddyTarget>): void => {
  const loaded = async (): Promise<CaddyTarget> => {
    const target = await make()
    await target.load(caddyConfig(['web']))
    return target
  }

  describe(`the admin API of ${name}`, () => {
    it('answers each path with an Etag, and writes only while that is true', async () => {
      const target = await loaded()
      const { etag, json } = await ask(target, 'GET', servers)
      expect(etag).toMatch(/^"\/config\/apps\/http\/servers [0-9a-f]+"$/)
      expect(json).toEqual(caddyConfig(['web']).apps.http.servers)
      const change = (dial: string) =>
        ask(target, 'PATCH', handler, {
          body: { ...proxy, upstreams: [{ dial }] },
          headers: { 'if-match': etag ?? '' },
        })
      expect((await change('10.0.0.1:80')).status).toBe(200)
      expect(await change('10.0.0.2:80')).toMatchObject({ status: 412 })
      expect((await ask(target, 'GET', handler)).json).toEqual({
        ...proxy,
        upstreams: [{ dial: '10.0.0.1:80' }],
      })
      expect((await ask(target, 'GET', servers)).etag).not.toBe(etag)
    })

    it('keeps ids in every object, and tells them', async () => {
      const target = await loaded()
      const marked = { ...proxy, load_balancing: { '@id': 'owner:a%2Fb:ecs:web', retries: 1 }, upstreams: [] }
      expect((await ask(target, 'PATCH', handler, { body: marked })).status).toBe(200)
      expect((await ask(target, 'GET', handler)).json).toEqual(marked)
    })

    it.each([
      ['an unknown member of a handler', { ...proxy, owner: 'us' }, 'unknown field "owner"'],
      [
        'an unknown member of an upstream',
        { ...proxy, upstreams: [{ dial: '10.0.0.1:80', owner: 'us' }] },
        'unknown field "owner"',
      ],
      [
        'weights of 0 alone',
        {
          ...proxy,
          upstreams: [{ dial: '10.0.0.1:80' }],
          load_balancing: { selection_policy: { policy: 'weighted_round_robin', weights: [0] } },
        },
        'requires at least one upstream with a positive weight',
      ],
    ])('refuses %s as a whole', async (_, body, reason) => {
      const target = await loaded()
      const before = await target.config()
      const { status, error } = await ask(target, 'PATCH', handler, { body })
      expect(status).toBe(500)
      expect(error).toContain('loading new config')
      expect(error).toContain(reason)
      expect(await target.config()).toEqual(before)
    })

    it('takes weights of 0 beside others', async () => {
      const target = await loaded()
      const body = {
        ...proxy,
        upstreams: [{ dial: '10.0.0.1:80' }, { dial: '[fd00::1]:80' }],
        load_balancing: { selection_policy: { policy: 'weighted_round_robin', weights: [1, 0] } },
      }
      expect((await ask(target, 'PATCH', handler, { body })).status).toBe(200)
    })

    it('says what is not there', async () => {
      const target = await loaded()
      expect((await ask(target, 'PATCH', `${servers}/other`, { body: {} })).status).toBe(404)
      expect((await ask(target, 'PATCH', `${servers}/main/routes/9`, { body: {} })).status).toBe(500)
      await target.load({ apps: { http: {} } })
      expect(await ask(target, 'GET', servers)).toMatchObject({ status: 200, json: null })
      await target.load({ apps: {} })
      expect(await ask(target, 'GET', servers)).toMatchObject({
        status: 400,
        error: 'invalid traversal path at: config/apps/http/servers',
      })
      await target.load({})
      expect((await ask(target, 'GET', servers)).error).toBe('invalid traversal path at: config/apps/http')
    })

    it('refuses browsers, and bodies that are not said to be JSON', async () => {
      const target = await loaded()
      const browser = { headers: { 'sec-fetch-mode': 'cors' } }
      expect((await ask(target, 'GET', servers, browser)).status).toBe(403)
      const form = { body: {}, headers: { 'content-type': 'text/plain' } }
      expect((await ask(target, 'PATCH', handler, form)).status).toBe(400)
      expect(
        (await ask(target, 'PATCH', handler, { body: proxy, headers: { 'if-match': '"x"' } })).status,
      ).toBe(400)
    })

    it('finds a server by a name with blanks', async () => {
      const target = await make()
      const { main } = caddyConfig(['web']).apps.http.servers
      await target.load({ apps: { http: { servers: { 'a b?': main } } } })
      const path = `${servers}/a%20b%3F/routes/0/handle/0/routes/0/handle/1`
      expect((await ask(target, 'PATCH', path, { body: { ...proxy, upstreams: [] } })).status).toBe(200)
    })
  })
}
