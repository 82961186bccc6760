/** A DNS name in canonical form: lower case, labels of `a`–`z`, `0`–`9`, `-` and `_`, no trailing dot. */
export type DnsName = string
