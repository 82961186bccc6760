/**
 * Runs `npm audit` on the shipped dependencies. Exits 1 for a known vulnerability of level high or above. If the
 * registry does not answer audits, it exits 0, and the last line begins with `skipped:`.
 */
import { spawnSync } from 'node:child_process'

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  timeout: 120_000,
})

interface Report {
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> }
  readonly error?: { readonly code?: string; readonly summary?: string }
  readonly message?: string
}

const reportOf = (text: string): Report | undefined => {
  try {
    return JSON.parse(text) as Report
  } catch {
    return undefined
  }
}

const report = reportOf(stdout)
const counts = report?.metadata?.vulnerabilities
if (counts === undefined) {
  const reason = report?.error?.summary ?? report?.message ?? stderr.trim().split('\n').at(0) ?? ''
  console.log(`skipped: the registry does not answer audits (${reason.slice(0, 200)})`)
} else {
  console.log(`known vulnerabilities of what is shipped: ${JSON.stringify(counts)}`)
  if ((counts['high'] ?? 0) + (counts['critical'] ?? 0) > 0) {
    console.log('see `npm audit --omit=dev`')
    process.exitCode = 1
  }
}
