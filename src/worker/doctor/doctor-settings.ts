import { configSettings } from '../settings/config-settings.js'
import { integer, oneOf } from '../settings/setting-type.js'
import { defaulted } from '../settings/setting.js'

/** The settings of `doctor`, in addition to those of the worker. */
export const examining = {
  format: defaulted(oneOf('text', 'json'), 'text', {
    description: 'Output format: a table, or one JSON document',
    example: 'json',
  }),
  timeoutSeconds: defaulted(integer({ min: 1, max: 3600, unit: 'seconds' }), 30, {
    description: 'How long to wait for AWS and the target',
    example: '60',
  }),
  ...configSettings,
}
