/** Makes a value when it is first asked for, once. */
export const lazy = <A extends object>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}
