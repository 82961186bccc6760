import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Whether something listens on the port. */
export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** A real program that runs until it is told to end. Resolves when it listens on the port. */
export const started = async (
  program: string,
  args: readonly string[],
  port: number,
): Promise<{ readonly end: () => Promise<void> }> => {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (log = `${log}${chunk}`.slice(-4000)))
  const ended = once(child, 'close')
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${program} has ended:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    end: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
