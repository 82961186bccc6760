import { describe, expect, it } from 'vitest'
import { loadPart } from '../../sim/optional-package.js'

const failing = (message: string, code?: string) => () =>
  Promise.reject(Object.assign(new Error(message), code === undefined ? {} : { code }))

describe('loadPart', () => {
  it('says what to install if the package is missing', async () => {
    const load = failing("Cannot find package 'fauxqs' imported from /app/x.js", 'ERR_MODULE_NOT_FOUND')
    await expect(loadPart('embeddedSqs', ['fauxqs'], load)).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'embeddedSqs needs fauxqs, which is not installed: npm install --save-dev fauxqs',
      cause: { code: 'ERR_MODULE_NOT_FOUND' },
    })
  })

  it('names the missing one, and all to install', async () => {
    const load = failing("Cannot find package 'fast-xml-parser' imported from x", 'ERR_MODULE_NOT_FOUND')
    await expect(loadPart('embeddedRoute53', ['dns-packet', 'fast-xml-parser'], load)).rejects.toThrow(
      'embeddedRoute53 needs fast-xml-parser, which is not installed: npm install --save-dev dns-packet fast-xml-parser',
    )
  })

  it.each([
    ['a package of the package', "Cannot find package 'fastify' imported from x", 'ERR_MODULE_NOT_FOUND'],
    ['another error', "'fauxqs' is broken", undefined],
  ])('passes on %s as it is', async (_, message, code) => {
    await expect(loadPart('embeddedSqs', ['fauxqs'], failing(message, code))).rejects.toMatchObject({
      message,
      ...(code === undefined ? {} : { code }),
    })
  })

  it('gives what was loaded', async () => {
    expect(await loadPart('embeddedSqs', ['fauxqs'], () => Promise.resolve(7))).toBe(7)
  })
})
