/**
 * The shapes of Traefik v3.7's dynamic configuration as its HTTP and file providers read it: what the Go types of its
 * `pkg/config/dynamic`, `pkg/tls` and `pkg/types` say, told by reflection. `?`: may be empty (`file:"allowEmpty"`);
 * `[]`: list of; `{}`: map of.
 */
const types = `
Configuration = http:HTTPConfiguration tcp:TCPConfiguration udp:UDPConfiguration tls:TLSConfiguration
HTTPConfiguration = routers:Router{} services:Service{} middlewares:Middleware{} models:Model{}
  serversTransports:ServersTransport{}
TCPConfiguration = routers:TCPRouter{} services:TCPService{} middlewares:TCPMiddleware{}
  serversTransports:TCPServersTransport{}
UDPConfiguration = routers:UDPRouter{} services:UDPService{}
TLSConfiguration = certificates:CertAndStores[] options:TLSOptions{} stores:TLSStore{}
Router = entryPoints:text[] middlewares:text[] service:text rule:text parentRefs:text[] ruleSyntax:text
  priority:integer tls:?RouterTLSConfig observability:RouterObservabilityConfig
Service = middlewares:text[] loadBalancer:ServersLoadBalancer highestRandomWeight:HighestRandomWeight
  weighted:WeightedRoundRobin mirroring:Mirroring failover:Failover
Middleware = addPrefix:AddPrefix stripPrefix:StripPrefix stripPrefixRegex:StripPrefixRegex
  replacePath:ReplacePath replacePathRegex:ReplacePathRegex chain:Chain ipWhiteList:IPWhiteList
  ipAllowList:IPAllowList headers:Headers encodedCharacters:EncodedCharacters errors:ErrorPage
  rateLimit:RateLimit redirectRegex:RedirectRegex redirectScheme:RedirectScheme basicAuth:BasicAuth
  digestAuth:DigestAuth forwardAuth:ForwardAuth inFlightReq:InFlightReq buffering:Buffering
  circuitBreaker:CircuitBreaker compress:?Compress passTLSClientCert:PassTLSClientCert retry:Retry
  contentType:?ContentType grpcWeb:GrpcWeb plugin:any{}{}
Model = middlewares:text[] tls:?RouterTLSConfig observability:RouterObservabilityConfig
ServersTransport = serverName:text insecureSkipVerify:flag rootCAs:text[] certificates:Certificate[]
  cipherSuites:text[] minVersion:text maxVersion:text maxIdleConnsPerHost:integer
  forwardingTimeouts:ForwardingTimeouts disableHTTP2:flag peerCertURI:text spiffe:?Spiffe
TCPRouter = entryPoints:text[] middlewares:text[] service:text rule:text ruleSyntax:text priority:integer
  tls:?RouterTCPTLSConfig
TCPService = loadBalancer:TCPServersLoadBalancer weighted:TCPWeightedRoundRobin
TCPMiddleware = inFlightConn:TCPInFlightConn ipWhiteList:TCPIPWhiteList ipAllowList:TCPIPAllowList
TCPServersTransport = dialKeepAlive:duration dialTimeout:duration proxyProtocol:?ProxyProtocol
  terminationDelay:duration tls:?TLSClientConfig
UDPRouter = entryPoints:text[] service:text
UDPService = loadBalancer:UDPServersLoadBalancer weighted:UDPWeightedRoundRobin
CertAndStores = certFile:text keyFile:text stores:text[]
TLSOptions = minVersion:text maxVersion:text cipherSuites:text[] curvePreferences:text[] clientAuth:ClientAuth
  sniStrict:flag alpnProtocols:text[] disableSessionTickets:flag preferServerCipherSuites:flag
TLSStore = defaultCertificate:Certificate defaultGeneratedCert:GeneratedCert
RouterTLSConfig = options:text certResolver:text domains:Domain[]
RouterObservabilityConfig = accessLogs:flag metrics:flag tracing:flag traceVerbosity:text
ServersLoadBalancer = sticky:?Sticky servers:Server[] strategy:text healthCheck:ServerHealthCheck
  passiveHealthCheck:PassiveServerHealthCheck passHostHeader:flag responseForwarding:ResponseForwarding
  serversTransport:text
HighestRandomWeight = services:HRWService[] healthCheck:?HealthCheck
WeightedRoundRobin = services:WRRService[] sticky:Sticky healthCheck:?HealthCheck
Mirroring = service:text mirrorBody:flag maxBodySize:integer mirrors:MirrorService[] healthCheck:?HealthCheck
Failover = service:text fallback:text healthCheck:?HealthCheck errors:FailoverError
AddPrefix = prefix:text
StripPrefix = prefixes:text[] forceSlash:flag
StripPrefixRegex = regex:text[]
ReplacePath = path:text
ReplacePathRegex = regex:text replacement:text
Chain = middlewares:text[]
IPWhiteList = sourceRange:text[] ipStrategy:?IPStrategy
IPAllowList = sourceRange:text[] ipStrategy:?IPStrategy rejectStatusCode:?integer
Headers = customRequestHeaders:text{} customResponseHeaders:text{} accessControlAllowCredentials:flag
  accessControlAllowHeaders:text[] accessControlAllowMethods:text[] accessControlAllowOriginList:text[]
  accessControlAllowOriginListRegex:text[] accessControlExposeHeaders:text[] accessControlMaxAge:integer
  addVaryHeader:flag allowedHosts:text[] hostsProxyHeaders:text[] sslProxyHeaders:text{} stsSeconds:integer
  stsIncludeSubdomains:flag stsPreload:flag forceSTSHeader:flag frameDeny:flag customFrameOptionsValue:text
  contentTypeNosniff:flag browserXssFilter:flag customBrowserXSSValue:text contentSecurityPolicy:text
  contentSecurityPolicyReportOnly:text publicKey:text referrerPolicy:text permissionsPolicy:text
  isDevelopment:flag featurePolicy:text sslRedirect:flag sslTemporaryRedirect:flag sslHost:text
  sslForceHost:flag
EncodedCharacters = allowEncodedSlash:flag allowEncodedBackSlash:flag allowEncodedNullCharacter:flag
  allowEncodedSemicolon:flag allowEncodedPercent:flag allowEncodedQuestionMark:flag allowEncodedHash:flag
ErrorPage = status:text[] statusRewrites:integer{} service:text query:text errorRequestHeaders:text[]
RateLimit = average:integer period:duration burst:integer sourceCriterion:SourceCriterion redis:Redis
RedirectRegex = regex:text replacement:text permanent:flag
RedirectScheme = scheme:text port:text permanent:flag
BasicAuth = users:text[] usersFile:text realm:text removeHeader:flag headerField:text
DigestAuth = users:text[] usersFile:text removeHeader:flag realm:text headerField:text
ForwardAuth = address:text tls:ClientTLS trustForwardHeader:flag authResponseHeaders:text[]
  authResponseHeadersRegex:text authRequestHeaders:text[] maxResponseBodySize:integer
  addAuthCookiesToResponse:text[] headerField:text forwardBody:flag maxBodySize:integer
  preserveLocationHeader:flag preserveRequestMethod:flag authSigninURL:text
InFlightReq = amount:integer sourceCriterion:SourceCriterion
Buffering = maxRequestBodyBytes:integer memRequestBodyBytes:integer maxResponseBodyBytes:integer
  memResponseBodyBytes:integer retryExpression:text
CircuitBreaker = expression:text checkPeriod:duration fallbackDuration:duration recoveryDuration:duration
  responseCode:integer
Compress = excludedContentTypes:text[] includedContentTypes:text[] minResponseBodyBytes:integer encodings:text[]
  defaultEncoding:text
PassTLSClientCert = pem:flag info:TLSClientCertificateInfo
Retry = attempts:integer timeout:duration initialInterval:duration maxRequestBodyBytes:integer status:text[]
  disableRetryOnNetworkError:flag retryNonIdempotentMethod:flag
ContentType = autoDetect:flag
GrpcWeb = allowOrigins:text[]
Certificate = certFile:text keyFile:text
ForwardingTimeouts = dialTimeout:duration responseHeaderTimeout:duration idleConnTimeout:duration
  readIdleTimeout:duration pingTimeout:duration
Spiffe = ids:text[] trustDomain:text
RouterTCPTLSConfig = passthrough:flag options:text certResolver:text domains:Domain[]
TCPServersLoadBalancer = servers:TCPServer[] serversTransport:text proxyProtocol:?ProxyProtocol
  terminationDelay:integer healthCheck:?TCPServerHealthCheck
TCPWeightedRoundRobin = services:TCPWRRService[] healthCheck:?HealthCheck
TCPInFlightConn = amount:integer
TCPIPWhiteList = sourceRange:text[]
TCPIPAllowList = sourceRange:text[]
ProxyProtocol = version:integer
TLSClientConfig = serverName:text insecureSkipVerify:flag rootCAs:text[] certificates:Certificate[]
  peerCertURI:text spiffe:?Spiffe
UDPServersLoadBalancer = servers:UDPServer[]
UDPWeightedRoundRobin = services:UDPWRRService[]
ClientAuth = caFiles:text[] clientAuthType:text
GeneratedCert = resolver:text domain:Domain
Domain = main:text sans:text[]
Sticky = cookie:?Cookie
Server = url:text weight:integer preservePath:flag
ServerHealthCheck = scheme:text mode:text path:text method:text status:integer port:integer interval:duration
  unhealthyInterval:duration timeout:duration hostname:text followRedirects:flag headers:text{}
PassiveServerHealthCheck = failureWindow:duration maxFailedAttempts:integer
ResponseForwarding = flushInterval:duration
HRWService = name:text weight:integer
HealthCheck =
WRRService = name:text weight:integer
MirrorService = name:text percent:integer
FailoverError = maxRequestBodyBytes:integer status:text[]
IPStrategy = depth:integer excludedIPs:text[] ipv6Subnet:integer
SourceCriterion = ipStrategy:IPStrategy requestHeaderName:text requestHost:flag
Redis = endpoints:text[] tls:RedisTLS username:text password:text db:integer poolSize:integer
  minIdleConns:integer maxActiveConns:integer readTimeout:duration writeTimeout:duration dialTimeout:duration
ClientTLS = ca:text cert:text key:text insecureSkipVerify:flag caOptional:flag
TLSClientCertificateInfo = notAfter:flag notBefore:flag sans:flag serialNumber:flag
  subject:TLSClientCertificateSubjectDNInfo issuer:TLSClientCertificateIssuerDNInfo
TCPServer = address:text tls:flag
TCPServerHealthCheck = port:integer send:text expect:text interval:duration unhealthyInterval:duration
  timeout:duration
TCPWRRService = name:text weight:integer
UDPServer = address:text
UDPWRRService = name:text weight:integer
Cookie = name:text secure:flag httpOnly:flag sameSite:text maxAge:integer path:text domain:text
RedisTLS = ca:text cert:text key:text insecureSkipVerify:flag
TLSClientCertificateSubjectDNInfo = country:flag province:flag locality:flag organization:flag
  organizationalUnit:flag commonName:flag serialNumber:flag domainComponent:flag
TLSClientCertificateIssuerDNInfo = country:flag province:flag locality:flag organization:flag commonName:flag
  serialNumber:flag domainComponent:flag
`

export interface TraefikType {
  /** `text`, `flag`, `integer`, `duration`, `any`, or the name of a struct; with `[]` or `{}` behind it. */
  readonly type: string
  readonly mayBeEmpty: boolean
}

/** Fields by struct, and by name in lower case. */
export const traefikTypes: ReadonlyMap<string, ReadonlyMap<string, TraefikType>> = new Map(
  types
    .replace(/\n {2}/g, ' ')
    .trim()
    .split('\n')
    .map((line) => {
      const [struct = '', fields = ''] = line.split(' =')
      return [
        struct,
        new Map(
          fields
            .trim()
            .split(' ')
            .filter((field) => field !== '')
            .map((field) => {
              const [name = '', type = ''] = field.split(':')
              return [
                name.toLowerCase(),
                { type: type.replace('?', ''), mayBeEmpty: type.startsWith('?') },
              ] as const
            }),
        ),
      ] as const
    }),
)
