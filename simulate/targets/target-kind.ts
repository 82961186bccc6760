/** What workers keep in sync. */
export const targets = ['traefik-table', 'srv-records', 'traefik-http', 'traefik-file'] as const

export type TargetKind = (typeof targets)[number]
