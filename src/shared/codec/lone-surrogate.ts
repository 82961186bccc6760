/** Matches lone surrogates, which JSON.stringify escapes, and skips escaped backslashes. */
const halves = /\\(?:\\|u(d[89a-f][0-9a-f]{2}))/g

/** Whether any text in a JSON value contains a lone surrogate, which YAML and UTF-8 cannot represent. */
export const hasLoneSurrogate = (json: unknown): boolean =>
  Array.from(JSON.stringify(json).matchAll(halves), ([, half]) => half).some((half) => half !== undefined)
