/**
 * The name for test requests that belongs to a name of SRV records: `-test` is added to the first label that does not
 * begin with `_`, as in `_http._tcp.web-test.example`; without such a label to the first, as in `_web-test._tcp`.
 *
 * @example expose: deployments(srvNames(), { testBackend: srvTestName })
 */
export const srvTestName = (name: string): string => {
  const labels = name.split('.')
  const found = labels.findIndex((label) => label !== '' && !label.startsWith('_'))
  const at = Math.max(0, found)
  return labels.map((label, i) => (i === at ? `${label}-test` : label)).join('.')
}
