import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Millis } from '../../core/clock.js'
import type { SettingType } from './setting-type.js'

/** A setting that is a moment. */
export const moment: SettingType<Millis> = {
  placeholder: 'time',
  expected: 'an ISO 8601 time, or milliseconds since 1970',
  repeats: false,
  is: t.number.is,
  parse: (words) => {
    const time = /^\d{10,}$/.test(words.trim()) ? Number(words) : Date.parse(words)
    return Number.isNaN(time) ? O.none : O.some(time)
  },
  format: (time) => new Date(time).toISOString(),
}
