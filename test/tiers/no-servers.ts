/**
 * Keeps the unit tier pure: a test of it that opens a socket or starts a process fails, and is told which tier it
 * belongs to.
 */
import childProcess from 'node:child_process'
import { Socket as UdpSocket } from 'node:dgram'
import { syncBuiltinESMExports } from 'node:module'
import { Server, Socket } from 'node:net'

const refuse = (what: string, suffix: string) => (): never => {
  throw new Error(`A unit test must not ${what}: name its file *.${suffix}.test.ts`)
}

Server.prototype.listen = refuse('listen on a port', 'wire')
Socket.prototype.connect = refuse('open a connection', 'wire')
UdpSocket.prototype.bind = refuse('open a UDP socket', 'wire')
childProcess.spawn = refuse('start a process', 'process')
childProcess.fork = refuse('start a process', 'process')
syncBuiltinESMExports()
