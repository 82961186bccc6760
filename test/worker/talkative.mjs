/**
 * A dependency that prints in every way there is, for `node --import`: when it gets the signal SIGUSR2. With the
 * variable `FATAL=throw` or `FATAL=reject` it then throws an error that nobody catches.
 */
globalThis.process.on('SIGUSR2', () => {
  const { console, process, setTimeout } = globalThis
  console.error('console.error\nin two lines')
  console.warn({ an: 'object' })
  console.log('console.log')
  console.trace('console.trace')
  process.stderr.write('process.stderr.write')
  for (let i = 0; i < 1_000; i++) console.error('again and again')
  process.emitWarning('emitted')
  process.emitWarning('old', 'DeprecationWarning', 'DEP9999')
  if (process.env.FATAL === 'throw')
    setTimeout(() => {
      throw new TypeError('thrown in a timer')
    }, 0)
  if (process.env.FATAL === 'reject') void Promise.reject(new RangeError('rejected'))
})
