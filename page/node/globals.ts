/** What code of this package takes from Node's globals, for browsers: esbuild puts them in their place. */

const bytesOf = (text: string): Uint8Array => {
  // As Node does it: both alphabets, nothing else counts, and an equals sign ends it.
  const [before = ''] = text.split('=')
  const plain = before
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/[^A-Za-z0-9+/]/g, '')
  const whole = plain.length % 4 === 1 ? plain.slice(0, -1) : plain
  return Uint8Array.from(atob(whole), (char) => char.codePointAt(0) ?? 0)
}

const bufferOf = (text: string, _encoding: 'base64'): { toString(encoding: 'utf8'): string } => ({
  toString: () => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(text)),
})

const later = (callback: () => void): void => {
  setTimeout(callback, 0)
}

export { bufferOf as 'Buffer.from', later as setImmediate }
