/** Traefik v3's HTTP middlewares, from the types of `pkg/config/dynamic` in v3.7. */
import { duration, each, flag, free, integer, section, standalone, table, text, texts } from './field.js'

const ipStrategy = standalone({ depth: integer, excludedIPs: texts, ipv6Subnet: integer })

const sourceCriterion = section({
  ipStrategy: { ...ipStrategy, standalone: false },
  requestHeaderName: text,
  requestHost: flag,
})

const ipList = { sourceRange: texts, ipStrategy }

const headers = section({
  ...each('customRequestHeaders customResponseHeaders sslProxyHeaders', table(text)),
  ...each(
    'accessControlAllowCredentials addVaryHeader stsIncludeSubdomains stsPreload forceSTSHeader frameDeny ' +
      'contentTypeNosniff browserXssFilter isDevelopment sslRedirect sslTemporaryRedirect sslForceHost',
    flag,
  ),
  ...each(
    'accessControlAllowHeaders accessControlAllowMethods accessControlAllowOriginList ' +
      'accessControlAllowOriginListRegex accessControlExposeHeaders allowedHosts hostsProxyHeaders',
    texts,
  ),
  ...each('accessControlMaxAge stsSeconds', integer),
  ...each(
    'customFrameOptionsValue customBrowserXSSValue contentSecurityPolicy contentSecurityPolicyReportOnly ' +
      'publicKey referrerPolicy permissionsPolicy featurePolicy sslHost',
    text,
  ),
})

const clientTls = { ...each('ca cert key', text), insecureSkipVerify: flag }

const redis = section({
  endpoints: texts,
  tls: section(clientTls),
  ...each('username password', text),
  ...each('db poolSize minIdleConns maxActiveConns', integer),
  ...each('readTimeout writeTimeout dialTimeout', duration),
})

const auth = { users: texts, ...each('usersFile realm headerField', text), removeHeader: flag }

const forwardAuth = section({
  ...each('address authResponseHeadersRegex headerField authSigninURL', text),
  tls: section({ ...clientTls, caOptional: flag }),
  ...each('trustForwardHeader forwardBody preserveLocationHeader preserveRequestMethod', flag),
  ...each('authResponseHeaders authRequestHeaders addAuthCookiesToResponse', texts),
  ...each('maxResponseBodySize maxBodySize', integer),
})

const distinguishedName = each(
  'country province locality organization commonName serialNumber domainComponent',
  flag,
)

const certificateInfo = section({
  ...each('notAfter notBefore sans serialNumber', flag),
  subject: section({ ...distinguishedName, organizationalUnit: flag }),
  issuer: section(distinguishedName),
})

export const httpMiddleware = section({
  addPrefix: section({ prefix: text }),
  stripPrefix: section({ prefixes: texts, forceSlash: flag }),
  stripPrefixRegex: section({ regex: texts }),
  replacePath: section({ path: text }),
  replacePathRegex: section({ regex: text, replacement: text }),
  chain: section({ middlewares: texts }),
  ipWhiteList: section(ipList),
  ipAllowList: section({ ...ipList, rejectStatusCode: integer }),
  headers,
  encodedCharacters: section(
    each(
      'allowEncodedSlash allowEncodedBackSlash allowEncodedNullCharacter allowEncodedSemicolon ' +
        'allowEncodedPercent allowEncodedQuestionMark allowEncodedHash',
      flag,
    ),
  ),
  errors: section({
    ...each('status errorRequestHeaders', texts),
    statusRewrites: table(integer),
    ...each('service query', text),
  }),
  rateLimit: section({ average: integer, period: duration, burst: integer, sourceCriterion, redis }),
  redirectRegex: section({ regex: text, replacement: text, permanent: flag }),
  redirectScheme: section({ scheme: text, port: text, permanent: flag }),
  basicAuth: section(auth),
  digestAuth: section(auth),
  forwardAuth,
  inFlightReq: section({ amount: integer, sourceCriterion }),
  buffering: section({
    ...each('maxRequestBodyBytes memRequestBodyBytes maxResponseBodyBytes memResponseBodyBytes', integer),
    retryExpression: text,
  }),
  circuitBreaker: section({
    expression: text,
    ...each('checkPeriod fallbackDuration recoveryDuration', duration),
    responseCode: integer,
  }),
  compress: standalone({
    ...each('excludedContentTypes includedContentTypes encodings', texts),
    minResponseBodyBytes: integer,
    defaultEncoding: text,
  }),
  passTLSClientCert: section({ pem: flag, info: certificateInfo }),
  retry: section({
    ...each('attempts maxRequestBodyBytes', integer),
    ...each('timeout initialInterval', duration),
    status: texts,
    ...each('disableRetryOnNetworkError retryNonIdempotentMethod', flag),
  }),
  contentType: standalone({ autoDetect: flag }),
  grpcWeb: section({ allowOrigins: texts }),
  plugin: table(free),
})
