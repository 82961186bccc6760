/** The problem with the base image of a release, if any. A tag may name another image tomorrow; a digest never does. */
export const pinFlaw = (image: string | undefined): string | undefined => {
  if (image === undefined || image === '')
    return 'NODE_IMAGE is not set: expected a base image with its digest, such as node:22-alpine@sha256:… (64 hexadecimal digits)'
  return /^[\w./:-]+@sha256:[0-9a-f]{64}$/.test(image) && !image.includes('\n')
    ? undefined
    : `NODE_IMAGE names no digest: expected …@sha256: and 64 hexadecimal digits, got ${JSON.stringify(image)}`
}
