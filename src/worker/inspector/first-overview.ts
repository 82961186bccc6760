import { firstValueFrom } from 'rxjs'
import type { Inspector } from '../../inspector/inspector.js'
import type { Overview } from '../../inspector/overview.js'

/** The overview now. */
export const firstOverview = ({ overview$ }: Pick<Inspector, 'overview$'>): Promise<Overview> =>
  firstValueFrom(overview$)
