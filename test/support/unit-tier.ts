/** Keeps the unit tier pure: a test in it that opens a socket or starts a process fails, and says which tier it is of. */
import childProcess from 'node:child_process'
import dgram from 'node:dgram'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const refuse = (what: string, suffix: string) => (): never => {
  throw new Error(`a unit test ${what}: name the file *.${suffix}.test.ts`)
}

net.Server.prototype.listen = refuse('listens on a port', 'wire')
net.Socket.prototype.connect = refuse('opens a connection', 'wire')
dgram.Socket.prototype.bind = refuse('opens a UDP socket', 'wire')
for (const start of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
  childProcess[start] = refuse('starts a process', 'process') as never
syncBuiltinESMExports()
