import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dockerIgnore } from '../../scripts/infrastructure/docker-ignore.js'
import { pinFlaw } from '../../scripts/infrastructure/base-image.js'
import { type Placed, readDockerfile } from '../../scripts/infrastructure/dockerfile.js'

interface Workflow {
  readonly permissions: unknown
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: unknown; readonly steps: readonly { readonly run?: string }[] }>
  >
}

const stepsOf = ({ jobs }: Workflow): readonly string[] =>
  Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))

const all = readDockerfile(readFileSync('Dockerfile', 'utf8'))
const lastFrom = all.findLastIndex(({ _tag }) => _tag === 'From')
const image = all.slice(lastFrom)
const commands = (tag: Placed['_tag']) =>
  image.flatMap((step) => (step._tag === tag && 'command' in step ? [step.command] : []))
const values = (tag: Placed['_tag']) =>
  image.flatMap((step) => (step._tag === tag && 'value' in step ? [step.value] : []))

describe('the Dockerfile', () => {
  it('builds on one version of Node, which is long supported, and never on the latest', () => {
    const images = all.flatMap((step) => (step._tag === 'From' ? [step.image] : []))
    expect([...new Set(images)]).toEqual(['${NODE_IMAGE}'])
    expect(all[0]).toMatchObject({ _tag: 'Arg', name: 'NODE_IMAGE', value: 'node:22-alpine' })
  })

  it('installs exactly what the lockfile says, and runs no script of a dependency', () => {
    const installs = all.flatMap((step) =>
      step._tag === 'Run' && step.command._tag === 'Shell' && step.command.text.includes('npm ci')
        ? [step.command.text]
        : [],
    )
    expect(installs).toHaveLength(1)
    for (const text of installs) expect(text).toContain('--ignore-scripts')
  })

  it('starts the command of the package as the first process, without a shell, by a user that is not root', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly bin: Record<string, string>
    }
    const words = ['node', bin['ecs-task-stream']!.replace('./', '')]
    expect(commands('Entrypoint')).toEqual([{ _tag: 'Exec', words }])
    expect(values('User')).toEqual(['1000:1000'])
    expect(values('Stopsignal')).toEqual(['SIGTERM'])
    expect(commands('Healthcheck').map(({ _tag }) => _tag)).toEqual(['Exec'])
    expect(commands('Run')).toEqual([])
    // The bundle needs no other package.
    expect(all.filter(({ _tag }) => _tag === 'From')).toHaveLength(2)
  })

  it('copies from the checkout only what .dockerignore lets in', () => {
    const isIgnored = dockerIgnore(readFileSync('.dockerignore', 'utf8'))
    const copied = all.flatMap((step) =>
      step._tag === 'Copy' && step.from === undefined ? step.sources : [],
    )
    expect(copied.filter(isIgnored)).toEqual([])
    for (const path of [
      '.git/config',
      'node_modules/rxjs/package.json',
      'test/laws/fold.test.ts',
      '.env',
      'src/.env.local',
    ])
      expect([path, isIgnored(path)]).toEqual([path, true])
    expect(isIgnored('src/core/run.ts')).toBe(false)
  })
})

describe('the base image of a release', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

  it.each([
    [`node:22-alpine@${digest}`, undefined],
    [`registry.example:5000/mirror/node:22-alpine@${digest}`, undefined],
    [undefined, /is not set/],
    ['', /is not set/],
    ['node:22-alpine', /names no digest/],
    ['node:22-alpine@sha256:abc', /names no digest/],
    [`node:22-alpine@${digest}\n`, /names no digest/],
    [`node:22-alpine@${digest.toUpperCase()}`, /names no digest/],
  ])('%s', (image, flaw) => {
    if (flaw === undefined) expect(pinFlaw(image)).toBeUndefined()
    else expect(pinFlaw(image)).toMatch(flaw)
  })
})

describe('the workflows', () => {
  const workflow = (name: string) => parse(readFileSync(`.github/workflows/${name}`, 'utf8')) as Workflow

  it('run what .ci/run does, with no more rights than to read', () => {
    const tests = workflow('test.yml')
    expect(tests.permissions).toEqual({ contents: 'read' })
    expect(stepsOf(tests)).toContain('bash .ci/run')
  })

  it('publish the site with the rights of Pages, in the job that deploys alone', () => {
    const docs = workflow('docs.yml')
    expect(docs.permissions).toEqual({ contents: 'read' })
    expect(stepsOf(docs)).toContain('npm run docs')
    expect(docs.jobs['build']?.permissions).toBeUndefined()
    expect(docs.jobs['deploy']?.permissions).toEqual({ pages: 'write', 'id-token': 'write' })
  })

  it('use actions that are pinned by commit', () => {
    const used = readdirSync('.github/workflows').flatMap((file) => [
      ...readFileSync(`.github/workflows/${file}`, 'utf8').matchAll(/uses: (\S+)/g),
    ])
    expect(used.length).toBeGreaterThan(5)
    for (const [, action] of used) expect(action).toMatch(/@[0-9a-f]{40}$/)
  })

  it('release with provenance, after all checks and never from an image that is not pinned', () => {
    const release = workflow('release.yml')
    expect(release.permissions).toEqual({ contents: 'read' })
    const steps = stepsOf(release)
    const at = (part: string) => steps.findIndex((step) => step.includes(part))
    expect(at('scripts/check-base-image.ts')).toBeGreaterThanOrEqual(0)
    expect(at('bash .ci/run')).toBeGreaterThan(at('scripts/check-base-image.ts'))
    expect(at('npm publish --provenance')).toBeGreaterThan(at('bash .ci/run'))
    expect(release.jobs['package']?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  })
})

describe('the reader of Dockerfiles', () => {
  it('joins lines, passes comments over, and says which line it does not know', () => {
    expect(readDockerfile('FROM node:22 AS a\n# why\nRUN one \\\n  # why not\n  two\n')).toEqual([
      { _tag: 'From', image: 'node:22', name: 'a', line: 1 },
      { _tag: 'Run', command: { _tag: 'Shell', text: 'one two' }, line: 3 },
    ])
    expect(() => readDockerfile('FROM a\n\nADD http://x y\n')).toThrow(
      'Dockerfile, line 3: ADD is not known here: teach it, or do without',
    )
    expect(() => readDockerfile('FROM a\nCOPY --chown=1 x y\n')).toThrow(
      'Dockerfile, line 2: COPY --chown=1 x y',
    )
    expect(() => readDockerfile('FROM a\nRUN x \\\n')).toThrow('Dockerfile, line 2: the last line goes on')
  })
})

describe('.dockerignore', () => {
  it.each([
    ['*\n!src', 'src/a/b.ts', false],
    ['*\n!src', 'other', true],
    ['*\n!src\n**/*.log', 'src/a/b.log', true],
    ['*.md', 'docs/a.md', false],
    ['**/*.md', 'a.md', true],
    ['doc?', 'docs/a', true],
    ['# src', 'src', false],
    ['a+b', 'aab', false],
  ])('%j leaves out %s: %s', (text, path, ignored) => {
    expect(dockerIgnore(text)(path)).toBe(ignored)
  })
})
