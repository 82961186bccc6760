import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile?: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** The services of examples/compose/compose.yaml. */
export const composeServices = (): Readonly<Record<'aws' | 'worker' | 'traefik', ComposeService>> =>
  (
    parse(readFileSync('examples/compose/compose.yaml', 'utf8')) as {
      readonly services: Readonly<Record<'aws' | 'worker' | 'traefik', ComposeService>>
    }
  ).services
