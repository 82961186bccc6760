/** As Traefik's `normalize`: runs of all that is neither letter nor digit become `-`, and go at the ends. */
export const normalize = (name: string): string =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .join('-')

/** The name of a container of a task for Traefik: `service-web-app` of container `app` of service `web`. */
export const containerName = (group: string | undefined, container: string): string =>
  normalize(`${(group ?? '').replace(':', '-')}-${container}`)
