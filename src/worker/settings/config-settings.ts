import { onOff, text } from './setting-type.js'
import { defaulted, optional } from './setting.js'

/** The settings about the configuration itself. */
export const configSettings = {
  configFile: optional(text('path', 'the path of a file'), {
    description: 'File with settings, in YAML, by their names in code; flags and the environment override it',
    example: '/etc/ecs-task-stream.yaml',
    otherwise: 'none',
  }),
  printConfig: defaulted(onOff(), false, {
    description: 'Print the settings that apply, and where each comes from, as such a file, and end',
    example: 'on',
  }),
}
