/**
 * The API report: what each entry point of the package exports, as API Extractor reads it from the build. `api/` has one
 * file per entry point. Exits 1 and prints the difference if the report and the build differ. `--write` accepts it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = join(root, 'api')
const built = join(root, 'node_modules/.cache/api-report')

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** `./sinks/stdout` is reported in `sinks-stdout.api.md`, and `.` in `index.api.md`. */
const reportName = (subpath: string): string =>
  subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')

const silent = { logLevel: ExtractorLogLevel.None }

const configs = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : ExtractorConfig.prepare({
        configObjectFullPath: join(root, 'package.json'),
        packageJsonFullPath: join(root, 'package.json'),
        configObject: {
          projectFolder: root,
          mainEntryPointFilePath: join(root, target.types),
          compiler: {
            tsconfigFilePath: join(root, 'tsconfig.json'),
            overrideTsconfig: {
              compilerOptions: {
                target: 'ES2022',
                lib: ['ES2023'],
                types: ['node'],
                module: 'NodeNext',
                moduleResolution: 'NodeNext',
                strict: true,
                skipLibCheck: true,
              },
              include: ['dist/src'],
            },
          },
          apiReport: {
            enabled: true,
            reportFileName: reportName(subpath),
            reportFolder: reports,
            reportTempFolder: built,
          },
          docModel: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          newlineKind: 'lf',
          messages: {
            compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
            // A subpath may use types that another one exports, so this needs no warning.
            extractorMessageReporting: { default: silent },
            tsdocMessageReporting: { default: silent },
          },
        },
      }),
)

const [first, ...others] = configs
if (first === undefined) throw new Error('package.json exports nothing')

rmSync(built, { recursive: true, force: true })
mkdirSync(built, { recursive: true })
mkdirSync(reports, { recursive: true })

const compilerState = CompilerState.create(first, {
  additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
})
const write = process.argv.includes('--write')
const results = configs.map((config) =>
  Extractor.invoke(config, {
    compilerState,
    localBuild: write,
    messageCallback: (message) => {
      // The summary below says what has changed.
      message.handled = message.messageId.startsWith('console-')
    },
  }),
)

const expected = new Set(
  configs.flatMap(({ reportConfigs }) => reportConfigs.map(({ fileName }) => fileName)),
)
const stale = readdirSync(reports).filter((file) => !expected.has(file))
if (write) for (const file of stale) rmSync(join(reports, file))

const broken = results.filter(({ errorCount }) => errorCount > 0)
const changed = results.filter(({ apiReportChanged }) => apiReportChanged)
if (broken.length > 0) process.exitCode = 1
if (write) console.log(`${configs.length} reports; changed: ${changed.length + stale.length}`)
else if (changed.length + stale.length > 0) {
  const folders = [reports, built].map((folder) => relative(root, folder))
  spawnSync('git', ['--no-pager', 'diff', '--no-index', '--no-color', '--', ...folders], {
    cwd: root,
    stdio: 'inherit',
  })
  console.log('\nThe API is not as api/ says. If that is meant: `npm run api -- --write`, and commit it.')
  process.exitCode = 1
} else console.log(`${configs.length} reports, as in api/`)
