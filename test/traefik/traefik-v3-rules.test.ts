import { deepStrictEqual, match, throws } from 'node:assert/strict'
import { describe, it } from 'vitest'
import { type Field } from '../../src/sinks/traefik/grammar/field.js'
import { grammar } from '../../src/sinks/traefik/grammar/grammar.js'
import { readAsTraefik, traefikRefusal } from '../support/traefik-v3-rules.js'
import { traefikTypes } from '../support/traefik-v3-types.js'

const service = (balancer: object): object => ({ http: { services: { web: { loadBalancer: balancer } } } })

describe('the rules by which Traefik reads documents', () => {
  it.each<[string, unknown]>([
    ['nothing at all', {}],
    [
      'a service, and a router to it',
      {
        http: {
          services: { web: { loadBalancer: { servers: [{ url: 'http://10.0.0.1:80' }] } } },
          routers: { web: { rule: 'Host(`a`)', service: 'web', entryPoints: ['web'] } },
        },
      },
    ],
    ['a service without servers', service({ servers: [] })],
    ['a weight as text', service({ servers: [{ url: 'http://a', weight: '3' }] })],
    ['TLS with no settings', { http: { routers: { web: { rule: 'a', tls: {} } } } }],
    ['a sticky cookie with no settings', service({ sticky: { cookie: {} }, servers: [] })],
    ['keys in another case', { HTTP: { SERVICES: { web: { loadbalancer: { Servers: [] } } } } }],
    ['members of the root that it does not know', { _meta: { owner: 'worker' } }],
    ['null, beside something', service({ servers: [], sticky: null })],
    ['dots in a name', { http: { services: { 'a.b': { loadBalancer: { servers: [] } } } } }],
    ['a middleware of no type', { http: { middlewares: { none: {} } } }],
    ['a UDP service without servers', { udp: { services: { dns: { loadBalancer: { servers: [] } } } } }],
    ['what a plugin likes', { http: { middlewares: { mine: { plugin: { mine: { a: { b: ['1'] } } } } } } }],
  ])('let %s pass', (_, document) => {
    deepStrictEqual(traefikRefusal(document), undefined)
  })

  it.each<[string, unknown, RegExp]>([
    ['an empty section', { http: {} }, /^\$\.http: cannot be a standalone element$/],
    ['an empty kind', { http: { services: {} } }, /^\$\.http\.services: cannot be/],
    ['an empty load balancer', service({}), /loadBalancer: cannot be/],
    ['an empty health check', service({ servers: [], healthCheck: {} }), /healthCheck: cannot be/],
    ['a section of which null is all', { http: { services: null } }, /^\$\.http: cannot be/],
    [
      'a key that it does not know',
      service({ servers: [], stickyness: 'yes' }),
      /stickyness: field not found/,
    ],
    [
      'the port of a label',
      service({ servers: [{ url: 'http://a', port: 80 }] }),
      /servers\[0\]\.port: field not found/,
    ],
    [
      'a word for a number',
      { http: { routers: { web: { priority: 'high' } } } },
      /priority: expected integer/,
    ],
    [
      'a fraction for a number',
      { http: { routers: { web: { priority: 1.5 } } } },
      /priority: expected integer/,
    ],
    ['a word for a flag', service({ servers: [], passHostHeader: 'yes' }), /passHostHeader: expected flag/],
    [
      'a word for a duration',
      service({ servers: [], healthCheck: { interval: 'soon' } }),
      /interval: expected duration/,
    ],
  ])('let %s not pass', (_, document, reason) => {
    match(traefikRefusal(document) ?? 'it passes', reason)
  })

  it('take a text for a Go template in files alone', () => {
    const text = JSON.stringify({ http: { routers: { web: { rule: '{{ .Name }}' } } } })
    throws(() => readAsTraefik(text, 'file'), /Go template/)
    deepStrictEqual(readAsTraefik(text, 'http'), JSON.parse(text))
  })

  it('know every key that labels may have, with a type that holds its values, and no label knows more', () => {
    const struct = (type: string): string => type.replace(/(\[\]|\{\})+$/, '')
    const agree = (field: Field, type: string, mayBeEmpty: boolean, path: string): void => {
      switch (field._tag) {
        case 'Section': {
          deepStrictEqual(field.standalone, mayBeEmpty, path)
          for (const [key, { name, field: inner }] of field.fields) {
            // One server in labels, a list of them in documents; its port and scheme become part of the URL.
            if (path.endsWith('.server') && (key === 'port' || key === 'scheme')) continue
            const known = traefikTypes.get(struct(type))?.get(key === 'server' ? 'servers' : key)
            if (known === undefined) throw new Error(`${path}.${name} is not known`)
            agree(inner, known.type, known.mayBeEmpty, `${path}.${name}`)
          }
          return
        }
        case 'List':
          agree(field.item, type, false, `${path}[]`)
          return
        case 'Table':
          agree(field.value, type.slice(0, -2), false, `${path}.*`)
          return
        case 'Free':
          deepStrictEqual(type, 'any{}', path)
          return
        case 'Unlabelled':
          agree(field.field, type, mayBeEmpty, path)
          return
        case 'Ignored':
          return
        case 'Text':
        case 'Flag':
        case 'Integer':
        case 'Duration':
          deepStrictEqual(type, field._tag.toLowerCase(), path)
          return
        case 'Texts':
          deepStrictEqual(type, 'text[]', path)
      }
    }
    for (const [section, kinds] of Object.entries(grammar))
      for (const [kind, field] of Object.entries(kinds)) {
        const type = traefikTypes.get(`${section.toUpperCase()}Configuration`)?.get(kind.toLowerCase())?.type
        agree(field, type ?? 'nothing', false, `${section}.${kind}`)
      }
  })
})
