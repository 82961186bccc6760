/** What a check of `check-infrastructure.ts` found. */
export type Verdict =
  | { readonly _tag: 'Fine'; readonly what: string }
  | { readonly _tag: 'Flaws'; readonly flaws: readonly string[] }
  /** It could not be checked on this machine. */
  | { readonly _tag: 'Unavailable'; readonly why: string }
