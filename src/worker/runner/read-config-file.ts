import { open } from 'node:fs/promises'
import { errorOf } from '../../core/error-of.js'
import { type ConfigFile, configOf, maxConfigBytes } from '../settings/config-file.js'

/** Never rejects: a file that cannot be read has a problem that says why. */
export const readConfigFile = async (path: string): Promise<ConfigFile> => {
  const refused = (message: string): ConfigFile => ({
    path,
    texts: new Map(),
    problems: [{ where: path, message, example: undefined }],
  })
  try {
    const handle = await open(path)
    try {
      const { size } = await handle.stat()
      if (size > maxConfigBytes) return refused(`expected at most ${maxConfigBytes} bytes, got ${size}`)
      const { yamlContent } = await import('../settings/yaml-content.js')
      return configOf(path, yamlContent(await handle.readFile('utf8')))
    } finally {
      await handle.close()
    }
  } catch (thrown) {
    return refused(`cannot be read: ${errorOf(thrown).message}`)
  }
}
