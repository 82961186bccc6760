/** Refuses to release an image whose base is not pinned. Reads NODE_IMAGE; exits 1 and says what is wrong. */
import { pinFlaw } from './infrastructure/base-image.js'

const flaw = pinFlaw(process.env['NODE_IMAGE'])
console.log(flaw ?? `The base image is pinned: ${process.env['NODE_IMAGE'] ?? ''}`)
process.exitCode = flaw === undefined ? 0 : 1
