import { Document, Scalar, YAMLMap } from 'yaml'
import type { ShownSetting } from '../settings/shown-settings.js'
import { flagOf } from '../settings/setting-name.js'

const comment = ({ name, origin }: ShownSetting): string => {
  switch (origin?._tag) {
    case undefined:
      return ' default'
    case 'Flag':
      return ` ${flagOf(name)}`
    case 'Variable':
      return ` ${origin.variable}`
    case 'File':
      return ` ${origin.path}`
  }
}

/** The settings about the configuration itself, which a file does not have. */
const itself: ReadonlySet<string> = new Set(['configFile', 'printConfig'])

/**
 * Settings as a configuration file, each with its origin as a comment. Those without a value, and those that are secret,
 * are comments only.
 */
export const configText = (usage: string, settings: readonly ShownSetting[]): string => {
  const content = new YAMLMap<Scalar<string>, Scalar<string | number>>()
  const absent: string[] = []
  for (const setting of settings.filter(({ name }) => !itself.has(name))) {
    const { name, value, isSecret } = setting
    if (value === undefined)
      absent.push(`${name}:${isSecret ? ` a secret, from${comment(setting)}` : ' not set'}`)
    else {
      const scalar = new Scalar(value)
      scalar.comment = comment(setting)
      content.set(new Scalar(name), scalar)
    }
  }
  const document = new Document(content)
  document.commentBefore = ` The settings of \`${usage}\`, and where each comes from.`
  if (absent.length > 0) document.comment = ` ${absent.join('\n ')}`
  return document.toString({ lineWidth: 0 })
}
