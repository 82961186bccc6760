import fc from 'fast-check'
import { isIPv4, isIPv6 } from 'node:net'
import { describe, expect, it } from 'vitest'
import * as globals from '../../page/node/globals.js'
import * as net from '../../page/node/net.js'
import { holds } from '../laws/holds.js'

/** Texts that are addresses, or nearly. */
const nearlyAddresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.constantFrom('%', '%eth0', '%a.b', '% ', '%é')).map((parts) => parts.join('')),
  fc.string({ unit: fc.constantFrom(':', '::', '.', '0', '00', '1', 'f', 'F', 'g', '256', '255', '%', ' ') }),
)

describe('what stands in for Node in the page', () => {
  it('knows the same addresses', () => {
    holds(
      fc.property(nearlyAddresses, (text) => {
        expect(net.isIPv4(text), text).toBe(isIPv4(text))
        expect(net.isIPv6(text), text).toBe(isIPv6(text))
      }),
    )
  })

  it('decodes Base64 in the same way', () => {
    const decoded = globals['Buffer.from']
    const encoded = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'))
    holds(
      fc.property(
        fc.oneof(
          encoded,
          fc.string({ unit: fc.constantFrom('A', 'z', '0', '+', '/', '-', '_', '=', ' '), maxLength: 12 }),
        ),
        (text) => {
          expect(decoded(text, 'base64').toString('utf8')).toBe(Buffer.from(text, 'base64').toString('utf8'))
        },
      ),
    )
  })
})
