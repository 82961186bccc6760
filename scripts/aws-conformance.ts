/**
 * Runs `test/aws` against independent servers: `moto` for everything, and Amazon's DynamoDB Local if Java and Maven are
 * installed. Both are installed once, into `.conformance`, and listen on 127.0.0.1 while the tests run. The exit code is
 * that of the tests.
 *
 * `--if-available` exits 0 if moto cannot be installed, with a last line that begins with `skipped:`. All other
 * arguments go to vitest.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installed, type RunningWitness, started, Unavailable, type Witness } from './conformance/witness.js'
import { dynamoDbLocal, moto } from './conformance/witnesses.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const home = join(checkout, '.conformance')

/** Vitest's exit code. */
const tested = async (environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<number> => {
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.aws.config.ts', ...args], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  process.once('exit', () => child.kill())
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

/** Starts the witness, or says why it is unavailable. */
const called = async (witness: Witness): Promise<RunningWitness | Unavailable> => {
  try {
    return await started(await installed(home, witness), witness)
  } catch (thrown) {
    if (thrown instanceof Unavailable) return thrown
    throw thrown
  }
}

const main = async (args: readonly string[]): Promise<number> => {
  const motoServer = await called(moto)
  if (motoServer instanceof Unavailable) {
    const ifAvailable = args.includes('--if-available')
    const why = `moto cannot be installed: ${motoServer.message}`
    if (ifAvailable) console.log(`skipped: ${why}`)
    else console.error(`${why}\nIt needs Python 3.10 or later, and a package index that pip reaches.`)
    return ifAvailable ? 0 : 1
  }
  const running = [motoServer]
  try {
    const dynamoDb = await called(dynamoDbLocal)
    if (dynamoDb instanceof Unavailable)
      console.log(`Without DynamoDB Local, whose tests are skipped: ${dynamoDb.message}`)
    else running.push(dynamoDb)
    return await tested(
      {
        MOTO_URL: motoServer.url,
        ...(dynamoDb instanceof Unavailable ? {} : { DYNAMODB_LOCAL_URL: dynamoDb.url }),
      },
      args.filter((arg) => arg !== '--if-available'),
    )
  } finally {
    await Promise.all(running.map((witness) => witness.stop()))
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
