import type { Composition } from '../runner/composition.js'
import { integer } from '../settings/setting-type.js'
import { defaulted, type SettingsOf } from '../settings/setting.js'

/** For workers whose targets balance by weights. Spread them into `settings`. */
export const slowStartSettings = {
  slowStartSeconds: defaulted(integer({ min: 0, max: 3_600, unit: 'seconds' }), 0, {
    description:
      'How long the weight of a new task grows from a tenth to all of it, beside others that are warm; 0 for none',
    example: '30',
  }),
}

/** The part of a composition for these settings. */
export const slowStart = ({
  slowStartSeconds,
}: SettingsOf<typeof slowStartSettings>): Pick<Composition, 'slowStartMs'> =>
  slowStartSeconds === 0 ? {} : { slowStartMs: slowStartSeconds * 1000 }
