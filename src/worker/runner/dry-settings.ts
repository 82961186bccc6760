import { outputFormat } from '../settings/output-format.js'
import { integer, onOff } from '../settings/setting-type.js'
import { configSettings } from '../settings/config-settings.js'
import { defaulted } from '../settings/setting.js'

/** The settings of commands that read and write nothing, `plan` and `explain`, in addition to those of the worker. */
export const drySettings = {
  format: outputFormat,
  timeoutSeconds: defaulted(integer({ min: 1, max: 3600, unit: 'seconds' }), 60, {
    description: 'How long to wait for snapshots, lookups and targets',
    example: '120',
  }),
  debug: defaulted(onOff(), false, { description: 'Log at level debug', example: 'on', isShared: true }),
  ...configSettings,
}
