/** Packages that only a part of the simulation needs. Package managers do not install them by themselves. */
export type OptionalPackage = 'dns-packet' | 'dynalite' | 'fast-xml-parser' | 'fauxqs' | 'kinesalite'

/** An `import` of Node, and a `require`. */
const missingCodes: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

const isMissing = (thrown: unknown, name: OptionalPackage): boolean =>
  thrown instanceof Error &&
  'code' in thrown &&
  missingCodes.includes(thrown.code) &&
  // One of its own files or packages may be missing too: then the message names that.
  thrown.message.includes(`'${name}'`)

/**
 * Loads a part. If that fails because one of its packages is not installed, rejects with an Error with the code
 * `PACKAGE_MISSING`, which says what to install.
 */
export const loadPart = async <Part>(
  name: string,
  packages: readonly OptionalPackage[],
  load: () => Promise<Part>,
): Promise<Part> => {
  try {
    return await load()
  } catch (thrown) {
    const missing = packages.find((one) => isMissing(thrown, one))
    if (missing === undefined) throw thrown
    const message = `${name} needs ${missing}, which is not installed: npm install --save-dev ${packages.join(' ')}`
    throw Object.assign(new Error(message, { cause: thrown }), { code: 'PACKAGE_MISSING' })
  }
}
