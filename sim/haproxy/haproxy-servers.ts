/** What HAProxy 2.6 and 3.2 answer to the commands about servers of the runtime API, as observed on both. */

export interface SimulatedServer {
  readonly name: string
  host: string
  port: number
  weight: number
  /** Bits, as in `srv_admin_state`. */
  admin: number
  readonly hasCheck: boolean
  /** Whether health checks run. */
  isChecked: boolean
  /** Connections and queued requests. */
  connections: number
  /** Seconds, as in `srv_time_since_last_change`. */
  unchangedFor: number
}

/** Servers by name, and how the backend balances. */
export interface SimulatedBackend {
  readonly balance: string
  readonly servers: Map<string, SimulatedServer>
}

const maintenance = 0x01
const draining = 0x08

const noServer = 'No such server.'
const noBackend = 'No such backend.'

const columns =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port'

const dynamic = ['roundrobin', 'leastconn', 'random', 'first']
const flags = ['check', 'backup', 'ssl']
const withArgument = ['maxconn', 'inter', 'fall', 'rise', 'weight', 'verify']

/** Splits `10.0.0.1:80`, `[fd00::1]:80` and `fd00::1:80`. */
const addressIn = (text: string): { readonly host: string; readonly port: number } => {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

export class HaproxyServers {
  private pid = 1000

  constructor(readonly backends: ReadonlyMap<string, SimulatedBackend>) {}

  /** A new process after a reload knows only what is in its configuration: here, no servers. */
  reload(): void {
    this.pid++
    for (const { servers } of this.backends.values()) servers.clear()
  }

  /** The answer, without the empty line that follows it. */
  execute(command: string): string {
    const [first = '', second = '', ...rest] = command.trim().split(/ +/)
    switch (`${first} ${second}`) {
      case 'show info':
        return `Name: HAProxy\nPid: ${this.pid}\nStart_time_sec: 1795824382`
      case 'show servers':
        return this.state(rest[1])
      case 'add server':
        return this.add(rest)
      case 'del server':
        return this.with(rest[0], (server, backend) => {
          if ((server.admin & maintenance) === 0) return 'Only servers in maintenance mode can be deleted.'
          if (server.connections > 0) return 'Server still has connections attached to it, cannot remove it.'
          backend.servers.delete(server.name)
          return 'Server deleted.'
        })
      case 'set server':
        return this.with(rest[0], (server) => this.set(server, rest.slice(1)))
      case 'enable health':
        return this.with(rest[0], (server) => {
          if (!server.hasCheck) return 'Health check was not configured on this server, cannot enable.'
          server.isChecked = true
          return ''
        })
      case 'shutdown sessions':
        return this.with(rest[1], (server) => {
          server.connections = 0
          return ''
        })
      default:
        return 'Unknown command, but maybe one of the following ones is a better match:'
    }
  }

  private with(place = '', found: (server: SimulatedServer, backend: SimulatedBackend) => string): string {
    const [backend, name] = this.placeOf(place)
    if (backend === undefined) return noBackend
    const server = backend.servers.get(name)
    return server === undefined ? noServer : found(server, backend)
  }

  private placeOf(place: string): readonly [SimulatedBackend | undefined, string] {
    const slash = place.indexOf('/')
    return [this.backends.get(place.slice(0, slash)), place.slice(slash + 1)]
  }

  private add([place = '', address = '', ...words]: readonly string[]): string {
    const [backend, name] = this.placeOf(place)
    if (backend === undefined) return noBackend
    const [bad] = /[^A-Za-z0-9_.:-]/u.exec(name) ?? []
    if (bad !== undefined) return `character '${bad}' is not permitted in server name '${name}'.`
    if (!dynamic.includes(backend.balance))
      return 'Backend must use a dynamic load balancing to support dynamic servers.'
    if (backend.servers.has(name)) return 'Already exists a server with the same name in backend.'
    let weight = 1
    for (let i = 0; i < words.length; i++) {
      const keyword = words[i] ?? ''
      if (withArgument.includes(keyword)) i++
      else if (!flags.includes(keyword)) return `unknown keyword '${keyword}'`
      if (keyword === 'weight') weight = Number(words[i])
    }
    if (weight > 256) return `weight of server ${name} is not within 0 and 256 (${weight})..`
    backend.servers.set(name, {
      ...{ name, ...addressIn(address), weight, admin: maintenance, hasCheck: words.includes('check') },
      ...{ isChecked: false, connections: 0, unchangedFor: 0 },
    })
    return 'New server registered.'
  }

  private set(server: SimulatedServer, [what = '', value = '', ...rest]: readonly string[]): string {
    switch (what) {
      case 'state':
        server.admin = value === 'ready' ? 0 : value === 'drain' ? draining : maintenance
        server.unchangedFor = 0
        return ''
      case 'weight':
        if (Number(value) > 256) return 'Absolute weight can only be between 0 and 256 inclusive.'
        server.weight = Number(value)
        return ''
      case 'addr': {
        const before = server.host
        server.host = value
        if (rest[0] === 'port') server.port = Number(rest[1])
        return `IP changed from '${before}' to '${value}' by 'stats socket command'`
      }
      default:
        return 'usage: set server <backend>/<server> addr|agent|check-addr|check-port|fqdn|health|ssl|state|weight'
    }
  }

  private state(only: string | undefined): string {
    if (only !== undefined && !this.backends.has(only)) return "Can't find backend."
    const lines = [...this.backends].flatMap(([backend, { servers }], b) =>
      only !== undefined && only !== backend
        ? []
        : [...servers.values()].map(
            (server, s) =>
              `${b + 1} ${backend} ${s + 1} ${server.name} ${server.host} ${server.admin === 0 ? 2 : 0} ${server.admin} ${server.weight} ${server.weight} ${server.unchangedFor} 1 0 0 ${server.isChecked ? 6 : 0} 0 0 0 - ${server.port} - 0 0 - - 0`,
          ),
    )
    return ['1', columns, ...lines, ''].join('\n').replace(/\n$/, '')
  }
}
