import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ran, type Witness } from '../conformance/witness.js'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))

/** AWS's linter for CloudFormation templates, in Python. It has the schemas of all resource types. */
export const cfnLint: Witness = {
  name: 'cfn-lint',
  pinnedBy: requirements,
  install: async (folder) => {
    await ran('python3', '-m', 'venv', folder)
    const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1']
    await ran(join(folder, 'bin/python'), ...pip, '--timeout', '30', 'install', '--requirement', requirements)
  },
  // It runs to its end, and needs no port.
  command: (folder) => [join(folder, 'bin/cfn-lint')],
}
