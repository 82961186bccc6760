/** All globals of Node that the page's code names: see `globals.ts`. */
declare const setImmediate: (callback: () => void) => void
declare const Buffer: {
  from(text: string, encoding: 'base64'): { toString(encoding: 'utf8'): string }
}
