/** Every part is within its range. Source: RFC 3339, 5.6; AWS sends 0 to 9 fractional digits. */
const form =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

const daysIn = (year: number, month: number): number => {
  const end = new Date(0)
  // Day 0 of the next month. `Date.UTC` would treat the years 0 to 99 as 1900 to 1999.
  end.setUTCFullYear(year, month, 0)
  return end.getUTCDate()
}

/**
 * Whether a text is an RFC 3339 time with a zone, on a day that exists. `Date.parse` alone also accepts `1`, `foo 5`
 * and 30 February. `Date.parse` can parse every text that this accepts.
 */
export const isTimestamp = (text: string): boolean => {
  if (!form.test(text)) return false
  const day = Number(text.slice(8, 10))
  return day <= 28 || day <= daysIn(Number(text.slice(0, 4)), Number(text.slice(5, 7)))
}
