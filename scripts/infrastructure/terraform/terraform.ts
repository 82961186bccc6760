/** Terraform or OpenTofu, on a configuration in a folder of its own, with the stand-in for the provider. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StateResource } from './module-view.js'

export interface Terraform {
  readonly program: string
  readonly version: string
  /** Its formatter's complaints: the names of files. */
  badlyFormatted(folder: string): Promise<string>
  /** Applies a configuration, and gives the resources of each module in it. Rejects with what Terraform says. */
  apply(configuration: object): Promise<Readonly<Record<string, readonly StateResource[]>>>
}

/** The program that is there, if any. */
export const terraformOnPath = (): { readonly program: string; readonly version: string } | undefined => {
  for (const program of ['tofu', 'terraform']) {
    const { status, stdout } = spawnSync(program, ['version'], { encoding: 'utf8' })
    if (status === 0)
      return { program, version: stdout.split('\n').find((line) => / v\d/.test(line)) ?? program }
  }
  return undefined
}

interface Shown {
  readonly values?: {
    readonly root_module: {
      readonly child_modules?: readonly {
        readonly address: string
        readonly resources?: readonly (StateResource & { readonly mode: string })[]
      }[]
    }
  }
}

export const terraform = (
  { program, version }: { readonly program: string; readonly version: string },
  reattach: string,
): Terraform => {
  const run = async (folder: string, ...args: readonly string[]): Promise<string> => {
    try {
      const { stdout } = await promisify(execFile)(program, args, {
        cwd: folder,
        timeout: 300_000,
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...process.env,
          TF_REATTACH_PROVIDERS: reattach,
          // Whatever the user has configured: neither another mirror, nor a question to the network.
          TF_CLI_CONFIG_FILE: '/dev/null',
          TF_DATA_DIR: join(folder, '.terraform'),
          CHECKPOINT_DISABLE: '1',
          TF_IN_AUTOMATION: '1',
        },
      })
      return stdout
    } catch (thrown) {
      const { stdout = '', stderr = '' } = thrown as { readonly stdout?: string; readonly stderr?: string }
      throw new Error(`${stderr}\n${stdout}`.trim() || String(thrown), { cause: thrown })
    }
  }
  const elsewhere = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
    const folder = await mkdtemp(join(tmpdir(), 'terraform-'))
    try {
      return await use(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return {
    program,
    version,
    badlyFormatted: (folder) =>
      run(folder, 'fmt', '-check', '-recursive', '-diff', '-no-color').then(
        () => '',
        (thrown: unknown) => String(thrown),
      ),
    apply: (configuration) =>
      elsewhere(async (place) => {
        await writeFile(join(place, 'main.tf.json'), JSON.stringify(configuration))
        await run(place, 'init', '-backend=false', '-no-color')
        await run(place, 'apply', '-auto-approve', '-no-color')
        const shown = JSON.parse(await run(place, 'show', '-json')) as Shown
        return Object.fromEntries(
          (shown.values?.root_module.child_modules ?? []).map(({ address, resources = [] }) => [
            address.replace(/^module\./, ''),
            resources.filter(({ mode }) => mode === 'managed'),
          ]),
        )
      }),
  }
}
