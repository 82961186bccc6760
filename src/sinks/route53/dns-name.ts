/** A name in the DNS in canonical form: lower case, labels of `a`–`z`, `0`–`9`, `-` and `_`, without a last dot. */
export type DnsName = string
