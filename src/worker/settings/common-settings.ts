import { onOff, text } from './setting-type.js'
import { listenAddress } from './listen-address.js'
import { defaulted, optional } from './setting.js'

/** Settings that every worker has when it is started. */
export const operating = {
  dryRun: defaulted(onOff(), false, {
    description: 'Follow the clusters and say what would change, without changing it; reads no queue',
    example: 'on',
  }),
  port: optional(listenAddress(), {
    description: 'Serve /health, /ready and /metrics there; without a host, on every interface',
    example: ':8080',
    otherwise: 'no server',
  }),
  journal: optional(text('directory', 'a directory'), {
    description: 'Write down there what every source delivers, for `replay`',
    example: '/var/lib/ecs-task-stream',
    otherwise: 'nothing is written down',
  }),
  debug: defaulted(onOff(), false, { description: 'Log every delivery and plan', example: 'on' }),
}
