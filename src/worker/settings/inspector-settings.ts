import { defaulted, optional } from './setting.js'
import { list, oneOf } from './setting-type.js'

/** The settings of the inspector, which every worker has. */
export const inspectorSettings = {
  inspector: defaulted(oneOf('auto', 'on', 'off', 'token'), 'auto', {
    description:
      'Who may see on PORT what is routed and why: everybody who reaches it, nobody, or who has INSPECTOR_TOKEN; auto is token if there is one, else on if PORT is of this machine alone, else off',
    example: 'token',
  }),
  inspectorToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
    isSecret: true,
    description: 'The bearer token of the inspector; several during a rotation',
    example: 'a-long-random-text',
    otherwise: 'no token',
  }),
}
