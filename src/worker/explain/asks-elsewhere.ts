/** Whether the words after `explain` ask a running worker or a journal: those that begin with no worker's name. */
export const asksElsewhere = (words: readonly string[]): boolean =>
  words.some((word) => /^--?(?:url|journal)(?:=|$)/.test(word))
