import { NEVER } from 'rxjs'
import { formatAddress } from '../../../src/core/desired.js'
import { replayCommand } from '../../../src/worker/replay/replay-command.js'

interface Replayed {
  readonly backends: readonly {
    readonly name: string
    readonly endpoints: readonly { readonly host: string; readonly port: number }[]
  }[]
}

/** The endpoints that `ecs-task-stream replay --until` prints, as `<backend> <address>`, sorted. */
export const replayed = async (file: string, until: number): Promise<readonly string[]> => {
  let printed = ''
  const code = await replayCommand([file, '--until', String(until), '--format', 'json'], {
    out: (text) => void (printed += text),
    err: () => undefined,
    env: {},
    log: { write: () => undefined },
    stops$: NEVER,
    exit: () => undefined,
  })
  if (code !== 0) throw new Error(`replay ended with ${code}`)
  const { backends } = JSON.parse(printed) as Replayed
  return backends
    .flatMap(({ name, endpoints }) => endpoints.map((endpoint) => `${name} ${formatAddress(endpoint)}`))
    .toSorted()
}
