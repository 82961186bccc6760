import { OptionError } from '../../core/option-error.js'

/** What may follow a keyword of a server. */
const argument = {
  none: undefined,
  count: /^\d{1,9}$/,
  time: /^\d{1,9}(us|ms|s|m|h|d)?$/,
  // The runtime API gives a meaning to blanks, quotes, backslashes, semicolons, `<` and `#`.
  word: /^[\w./:,@%+=*()-]+$/,
} as const

type Argument = keyof typeof argument

/**
 * The keywords that HAProxy takes for servers that are added while it runs, and what follows each. Those that are
 * missing would contradict what the sink does: `weight`, `disabled`, `enabled`, `id`, `track`, agent checks; or have
 * several arguments: `source`.
 */
const keywords: Readonly<Record<Argument, readonly string[]>> = {
  none: [
    ...[
      'allow-0rtt',
      'backup',
      'check',
      'check-reuse-pool',
      'check-send-proxy',
      'check-ssl',
      'check-via-socks4',
    ],
    ...[
      'no-check-reuse-pool',
      'no-check-send-proxy',
      'no-check-ssl',
      'no-send-proxy',
      'no-send-proxy-v2',
      'no-ssl',
    ],
    ...['no-ssl-reuse', 'no-sslv3', 'no-tls-tickets', 'no-tlsv10', 'no-tlsv11', 'no-tlsv12', 'no-tlsv13'],
    ...['force-tlsv10', 'force-tlsv11', 'force-tlsv12', 'force-tlsv13', 'send-proxy', 'send-proxy-v2'],
    ...['send-proxy-v2-ssl', 'send-proxy-v2-ssl-cn', 'ssl', 'ssl-reuse', 'tfo', 'tls-tickets'],
  ],
  count: [
    ...['error-limit', 'fall', 'log-bufsize', 'max-reuse', 'maxconn', 'maxqueue', 'minconn', 'pool-low-conn'],
    ...['pool-max-conn', 'port', 'rise', 'shard'],
  ],
  time: ['downinter', 'fastinter', 'idle-ping', 'inter', 'pool-purge-delay', 'slowstart', 'tcp-ut'],
  word: [
    ...[
      'addr',
      'alpn',
      'ca-file',
      'check-alpn',
      'check-pool-conn-name',
      'check-proto',
      'check-sni',
      'ciphers',
    ],
    ...[
      'ciphersuites',
      'client-sigalgs',
      'cookie',
      'crl-file',
      'crt',
      'curves',
      'hash-key',
      'init-state',
      'npn',
    ],
    ...[
      'observe',
      'on-error',
      'on-marked-down',
      'on-marked-up',
      'pool-conn-name',
      'proto',
      'proxy-v2-options',
    ],
    ...['sigalgs', 'sni', 'ssl-max-ver', 'ssl-min-ver', 'verify', 'verifyhost', 'ws'],
  ],
}

const argumentOf = new Map<string, Argument>(
  (['none', 'count', 'time', 'word'] as const).flatMap((kind) =>
    keywords[kind].map((keyword): [string, Argument] => [keyword, kind]),
  ),
)

const examples: Readonly<Record<Argument, string>> = {
  none: 'nothing',
  count: 'a number',
  time: 'a time such as 2s',
  word: 'a word without blanks, quotes, semicolons, # and <',
}

/** Keywords of a server, as in a `server` line of haproxy.cfg. */
export interface ServerOptions {
  /** With single blanks; empty if there are none. */
  readonly text: string
  /** Whether health checks must be enabled after a server was added. */
  readonly hasChecks: boolean
}

/**
 * Checks keywords for servers, such as `check inter 2s maxconn 100`. HAProxy itself would take `maxconn abc` for 0.
 * Throws an OptionError that says what is wrong with which keyword.
 */
export const serverOptions = (option: string, text: string): ServerOptions => {
  const words = text.split(' ').filter((word) => word !== '')
  const found = new Set<string>()
  for (let i = 0; i < words.length; i++) {
    const keyword = words[i] ?? ''
    const kind = argumentOf.get(keyword)
    if (kind === undefined)
      throw new OptionError(
        `${option}: expected keywords of a server that HAProxy takes while it runs, such as check, inter, maxconn or ssl, got ${JSON.stringify(keyword)}`,
      )
    if (found.has(keyword)) throw new OptionError(`${option}: expected ${keyword} once, got it twice`)
    found.add(keyword)
    const form = argument[kind]
    if (form === undefined) continue
    const given = words[++i]
    if (given === undefined || !form.test(given))
      throw new OptionError(
        `${option}: expected ${examples[kind]} after ${keyword}, got ${given === undefined ? 'nothing' : JSON.stringify(given)}`,
      )
  }
  return { text: words.join(' '), hasChecks: found.has('check') }
}
