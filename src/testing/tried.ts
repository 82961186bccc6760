import fc from 'fast-check'

/** Tries the body of a contract's law on a new harness for each case. */
export const tried = async <A, H extends { dispose(): Promise<void> }>(
  make: () => Promise<H>,
  arbitrary: fc.Arbitrary<A>,
  body: (harness: H, generated: A) => Promise<void>,
  numRuns: number,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(arbitrary, async (generated) => {
      const harness = await make()
      try {
        await body(harness, generated)
      } finally {
        await harness.dispose()
      }
    }),
    { numRuns },
  )
