/** All of Node that the page's code names: see `net.ts`. */
declare module 'node:net' {
  export const isIPv4: (text: string) => boolean
  export const isIPv6: (text: string) => boolean
}
