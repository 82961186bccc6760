import * as E from 'fp-ts/lib/Either.js'
import { readRawSettings } from '../settings/raw-settings.js'
import { helpOf } from '../settings/help.js'
import { flagOf } from '../settings/setting-name.js'
import { oneOf } from '../settings/setting-type.js'
import { type Declaration, required } from '../settings/setting.js'
import { decodeSettings } from '../settings/settings.js'
import type { DefinedWorker } from './layered-worker.js'

export interface WorkerChoice {
  readonly name: string
  /** One line: what all of them do. */
  readonly summary: string
  /** The setting that chooses, such as `target`. Each of the workers must declare it, so that it is no unknown flag. */
  readonly by: string
  /** At least two. */
  readonly workers: readonly [DefinedWorker, DefinedWorker, ...DefinedWorker[]]
}

/**
 * One worker that is any of several, chosen by a setting. It has the settings of the one that is chosen, and refuses
 * the flags of the others. Its help without a choice lists what there is to choose from.
 */
export const chooseWorker = ({ name, summary, by, workers }: WorkerChoice): DefinedWorker => {
  const [first, second, ...rest] = workers
  const choice = {
    [by]: required(oneOf(first.name, second.name, ...rest.map((each) => each.name)), {
      description: `Which ${by}`,
      example: first.name,
    }),
  }
  const list = workers.map((each) => `  ${each.name}: ${each.summary}.\n`).join('')
  return {
    name,
    summary,
    settings: workers.reduce<Declaration>((all, each) => ({ ...each.settings, ...all }), choice),
    read: (common, usage, argv, env, file) => {
      const raw = readRawSettings(choice, argv, { env, file })
      const chosen = decodeSettings(choice, raw)
      const worker = E.isRight(chosen) ? workers.find((each) => each.name === chosen.right[by]) : undefined
      if (worker !== undefined) return worker.read(common, usage, argv, env, file)
      if (raw.help)
        return {
          _tag: 'Help',
          text: `${helpOf(usage, summary, choice)}\nOne of:\n${list}\n\`${usage} ${flagOf(by)} ${first.name} --help\` lists the settings of one.\n`,
        }
      return { _tag: 'Problems', problems: E.isLeft(chosen) ? chosen.left : [] }
    },
  }
}
