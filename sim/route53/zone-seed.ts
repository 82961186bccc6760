/** A zone at the start. */
export interface ZoneSeed {
  /** Such as `Z1D633PJN98FT9`. Default: an invented one. */
  readonly id?: string
  readonly name: string
  /** Default: false. */
  readonly isPrivate?: boolean
  readonly comment?: string
  /** Unique among zones. Default: an invented one. */
  readonly callerReference?: string
}
