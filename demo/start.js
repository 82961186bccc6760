/**
 * What `npm start` runs. It needs nothing but Node for its first line: what the demo loads takes seconds on a slow
 * machine, and nobody should look at an empty screen.
 */
const says = (...flags) => process.argv.slice(2).some((word) => flags.includes(word))

if (!says('--quiet', '--help', '-h'))
  process.stdout.write(
    '\n ecs-task-stream keeps a table in sync with what runs on Amazon ECS.\n Starting a cluster, a queue and a table on this machine …\n',
  )

// Compiles TypeScript as it is imported, which is loaded late too.
await import('tsx')
await import('./main.ts')
