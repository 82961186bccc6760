import type { BundledWorker } from '../runner/bundled-worker.js'
import { drySettings } from '../runner/dry-settings.js'
import { commonSettings } from '../settings/common-settings.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import type { Declaration } from '../settings/setting.js'
import { examining } from '../doctor/doctor-settings.js'
import { explainingElsewhere } from '../explain/explain-elsewhere.js'
import { complete } from './complete.js'
import { shells } from './shell-script.js'

/** The commands that take a worker, and their settings. */
const beforeWorkers: ReadonlyMap<string, Declaration> = new Map<string, Declaration>([
  ['plan', drySettings],
  ['explain', drySettings],
  ['doctor', examining],
])

/** `ecs-task-stream complete -- <words>`: what may come next, one a line. */
export const completeCommand = async (
  words: readonly string[],
  workers: readonly BundledWorker[],
  { out }: Pick<Terminal, 'out'>,
): Promise<ExitCode> => {
  const names = workers.map(({ name }) => name)
  const candidates = await complete(words[0] === '--' ? words.slice(1) : words, {
    workers: names,
    beforeWorkers: [...beforeWorkers.keys()],
    commands: new Map<string, readonly string[]>([
      ['replay', []],
      ['journal', []],
      ['schema', names],
      ['completion', shells],
      ['help', [...names, ...beforeWorkers.keys(), 'replay', 'journal', 'schema', 'completion']],
    ]),
    settings: async (command, name) => {
      const worker = await workers.find((each) => each.name === name)?.load()
      const own = command === undefined ? commonSettings : beforeWorkers.get(command)
      if (worker === undefined && command === 'explain') return explainingElsewhere
      return worker && { ...worker.settings, ...own }
    },
  })
  out(candidates.map((candidate) => `${candidate}\n`).join(''))
  return exitCode.ok
}
