import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ran, type Witness } from '../conformance/witness.js'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))

/** AWS's own linter of CloudFormation templates, with the schemas of every resource type, in Python. */
export const cfnLint: Witness = {
  name: 'cfn-lint',
  pinnedBy: requirements,
  install: async (folder) => {
    await ran('python3', '-m', 'venv', folder)
    const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1']
    await ran(join(folder, 'bin/python'), ...pip, '--timeout', '30', 'install', '--requirement', requirements)
  },
  // It ends by itself, and needs no port.
  command: (folder) => [join(folder, 'bin/cfn-lint')],
}
