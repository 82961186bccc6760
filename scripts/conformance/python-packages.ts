import { join } from 'node:path'
import { ran } from './witness.js'

/** Installs what the file requires into a virtual environment of its own. */
export const pythonPackages = async (folder: string, requirements: string): Promise<void> => {
  await ran('python3', '-m', 'venv', folder)
  const pip = [
    '-m',
    'pip',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--retries',
    '1',
    '--timeout',
    '30',
    'install',
  ]
  await ran(join(folder, 'bin/python'), ...pip, '--requirement', requirements)
}
