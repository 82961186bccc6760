/**
 * Runs npm scripts at once: `tsx scripts/at-once.ts lint:code lint:format`. Prints the output of each as a whole when it
 * has ended, and fails if one of them does.
 */
import { spawn } from 'node:child_process'

const run = (script: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(output))
      if (code !== 0) console.log(`${script} failed`)
      resolve(code === 0)
    })
  })

const passed = await Promise.all(process.argv.slice(2).map(run))
if (passed.includes(false)) process.exitCode = 1
