/**
 * Like Traefik's `normalize`: runs of characters other than letters and digits become `-`, and are trimmed at both
 * ends.
 */
export const normalize = (name: string): string =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .join('-')

/** Traefik's name for a container of a task: `service-web-app` for container `app` of service `web`. */
export const containerName = (group: string | undefined, container: string): string =>
  normalize(`${(group ?? '').replace(':', '-')}-${container}`)
