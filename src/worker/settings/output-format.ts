import { oneOf } from './setting-type.js'
import { defaulted } from './setting.js'

/** The setting of commands that print one answer. */
export const outputFormat = defaulted(oneOf('text', 'json'), 'text', {
  description: 'Output format: for people, or as one JSON document',
  example: 'json',
})
