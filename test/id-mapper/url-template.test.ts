import { isLeft, isRight } from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expansion, urlTemplate } from '../../src/id-mapper/links/url-template.js'
import { holds } from '../laws/holds.js'

const placeholders = {
  hosts: new Set(['instance_ip', 'port']),
  all: new Set(['instance_ip', 'port', 'container_id']),
}

const expand = (text: string, values: Readonly<Record<string, string>>): Expansion => {
  const template = urlTemplate(text, placeholders)
  if (isLeft(template)) throw new Error(template.left)
  return template.right.expand(values)
}

describe('a template of a URL', () => {
  it('puts values where they are named', () => {
    expect(
      expand('http://{instance_ip}:{port}/docker/{container_id}?x={{{port}}}', {
        instance_ip: '10.0.0.1',
        port: '9070',
        container_id: 'abc',
      }),
    ).toEqual({ _tag: 'Url', url: 'http://10.0.0.1:9070/docker/abc?x={9070}' })
    expect(expand('http://{instance_ip}/', { instance_ip: 'fd00::1' })).toEqual({
      _tag: 'Url',
      url: 'http://[fd00::1]/',
    })
  })

  it('leads to the host that it names, whatever the values are', () => {
    holds(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (id, ip) => {
        const made = expand('https://logs.example.com/{container_id}?q={container_id}#{container_id}', {
          container_id: id,
        })
        if (made._tag !== 'Url') throw new Error(made.placeholder)
        const { protocol, host, username } = new URL(made.url)
        expect({ protocol, host, username }).toEqual({
          protocol: 'https:',
          host: 'logs.example.com',
          username: '',
        })

        const hosted = expand('http://{instance_ip}:9070/', { instance_ip: ip })
        if (hosted._tag !== 'Url') return
        const url = new URL(hosted.url)
        expect([url.protocol, url.username, url.pathname]).toEqual(['http:', '', '/'])
      }),
    )
  })

  it.each(['evil.example.com/', 'a@b', 'a b', 'x/../y', '', 'fd00::1]@evil', '10.0.0.1:99999999'])(
    'does without "%s" for a host',
    (instance_ip) => {
      expect(expand('http://{instance_ip}/', { instance_ip })).toEqual({
        _tag: 'Missing',
        placeholder: 'instance_ip',
      })
    },
  )

  it('says which value is missing', () => {
    expect(expand('http://a/{container_id}', {})).toEqual({ _tag: 'Missing', placeholder: 'container_id' })
  })

  it.each([
    ['ftp://a/', 'expected a URL that begins with http:// or https://, got "ftp://a/"'],
    ['javascript:alert(1)', 'expected a URL that begins with http:// or https://, got "javascript:alert(1)"'],
    ['{instance_ip}', 'expected a URL that begins with http:// or https://, got "{instance_ip}"'],
    ['https://', 'expected a host, with or without a port, got ""'],
    ['https://user@host/', 'expected a host, with or without a port, got "user@host"'],
    [
      'https://{container_id}/',
      'expected a known placeholder in the host, got {container_id}: use one of instance_ip, port',
    ],
    [
      'https://a/{continer_id}',
      'expected a known placeholder after the host, got {continer_id}: use one of instance_ip, port, container_id',
    ],
    ['https://a/{', 'expected {{ for a brace, got a single {'],
    ['https://a/}', 'expected }} for a brace, got a single }'],
  ])('is not valid: %s', (text, reason) => {
    expect(urlTemplate(text, placeholders)).toMatchObject({ left: reason })
  })

  it('may be of any scheme of the web in any case', () => {
    expect(isRight(urlTemplate('HTTPS://a/{container_id}', placeholders))).toBe(true)
  })
})
