/** The grammar of `traefik.*` labels, from the types of `pkg/config/dynamic` in Traefik v3.7. */
import {
  duration,
  each,
  type Field,
  flag,
  ignored,
  integer,
  list,
  section,
  type Section,
  served,
  standalone,
  table,
  text,
  texts,
  unlabelled,
} from './field.js'
import { httpMiddleware } from './middleware-grammar.js'

const domain = section({ main: text, sans: texts })

const routerTls = { options: text, certResolver: text, domains: list(domain) }

const router = {
  ...each('entryPoints middlewares', texts),
  ...each('service rule ruleSyntax', text),
  priority: integer,
}

const httpRouter = section({
  ...router,
  tls: standalone(routerTls),
  observability: section({ ...each('accessLogs metrics tracing', flag), traceVerbosity: text }),
  parentRefs: ignored,
})

const cookie = standalone({
  ...each('name sameSite path domain', text),
  ...each('secure httpOnly', flag),
  maxAge: integer,
})

const weightedServices = list(section({ name: text, weight: integer }))

const httpService = section({
  middlewares: texts,
  loadBalancer: served({
    sticky: standalone({ cookie }),
    // One server, the container's own: only labels have `scheme` and `port`.
    server: section({ ...each('url scheme port', text), weight: integer, preservePath: flag }),
    ...each('strategy serversTransport', text),
    healthCheck: section({
      ...each('scheme mode path method hostname', text),
      ...each('status port', integer),
      ...each('interval unhealthyInterval timeout', duration),
      followRedirects: flag,
      headers: table(text),
    }),
    passiveHealthCheck: section({ failureWindow: duration, maxFailedAttempts: integer }),
    passHostHeader: flag,
    responseForwarding: section({ flushInterval: duration }),
  }),
  weighted: unlabelled(
    section({ services: weightedServices, sticky: section({ cookie }), healthCheck: standalone({}) }),
  ),
  ...each('highestRandomWeight mirroring failover', ignored),
})

const tcpService = section({
  loadBalancer: served({
    server: section({ port: text, tls: flag }),
    serversTransport: text,
    proxyProtocol: standalone({ version: integer }),
    terminationDelay: integer,
    healthCheck: standalone({
      port: integer,
      ...each('send expect', text),
      ...each('interval unhealthyInterval timeout', duration),
    }),
  }),
  weighted: unlabelled(section({ services: weightedServices, healthCheck: standalone({}) })),
})

const tcpMiddleware = section({
  inFlightConn: section({ amount: integer }),
  ...each('ipWhiteList ipAllowList', section({ sourceRange: texts })),
})

/** The fields of one kind of elements; some kinds are not configurable by labels. */
export type Kind = Section | Extract<Field, { _tag: 'Ignored' }>

/** By section and kind: `http`, `routers`. */
export const grammar: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  http: {
    routers: httpRouter,
    services: httpService,
    middlewares: httpMiddleware,
    serversTransports: ignored,
  },
  tcp: {
    routers: section({ ...router, tls: standalone({ ...routerTls, passthrough: flag }) }),
    services: tcpService,
    middlewares: tcpMiddleware,
    serversTransports: ignored,
  },
  udp: {
    routers: section({ entryPoints: texts, service: text }),
    services: section({
      loadBalancer: served({ server: section({ port: text }) }),
      weighted: unlabelled(section({ services: weightedServices })),
    }),
  },
  tls: {
    stores: section({
      defaultGeneratedCert: section({ resolver: text, domain }),
      defaultCertificate: ignored,
    }),
  },
}
