import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../demo/options.js'

const parse = (...argv: readonly string[]) => parseOptions(argv, () => 42)

const optionsOf = (...argv: readonly string[]) => {
  const request = parse(...argv)
  if (request._tag !== 'Run') throw new Error(request.text)
  return request.options
}

describe('the flags of the demo', () => {
  it('may all be left out', () => {
    expect(optionsOf()).toEqual({
      forMs: 30_000,
      seed: 42,
      scene: 'churn',
      services: 6,
      workers: undefined,
      quiet: false,
      sabotage: false,
    })
  })

  it('set everything', () => {
    expect(
      optionsOf(...'--for 20s --seed 7 --scene blue-green --services=12 --quiet --sabotage'.split(' ')),
    ).toEqual({
      forMs: 20_000,
      seed: 7,
      scene: 'blue-green',
      services: 12,
      workers: undefined,
      quiet: true,
      sabotage: true,
    })
  })

  it('let it run until Ctrl-C', () => {
    expect(optionsOf('--endless').forMs).toBeUndefined()
  })

  it('set the number of workers', () => {
    expect(optionsOf('--workers', '3').workers).toBe(3)
  })

  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
  ])('take %s for a time', (text, ms) => {
    expect(optionsOf('--for', text).forMs).toBe(ms)
  })

  it.each(['20', 's', '0s', '-1s', '1h', '1e3s', '', '99999m', 'Infinityms'])(
    'do not take %j for a time',
    (text) => {
      expect(parse(`--for=${text}`)).toEqual({
        _tag: 'Misuse',
        text: expect.stringContaining('such as 500ms, 20s or 2m') as string,
      })
    },
  )

  it.each([
    [['--seed', '1.5'], 'from 0 to 4294967295'],
    [['--seed', 'x'], 'from 0 to 4294967295'],
    [['--services', '0'], 'from 1 to 50'],
    [['--services', '51'], 'from 1 to 50'],
    [['--workers', '1'], 'from 2 to 6'],
    [['--workers', '7'], 'from 2 to 6'],
    [['--workers', '3', '--scene', 'blue-green'], 'leave out --scene blue-green'],
    [['--fro', '3s'], "unknown option '--fro'"],
    [['20s'], 'too many arguments'],
    [['--sabotage', '--endless'], 'leave out --endless'],
    [['--for', '2s', '--endless'], "'--endless' cannot be used with option '--for <time>'"],
  ])('%j are refused, with what is wrong', (argv, reason) => {
    const request = parse(...argv)
    expect(request._tag).toBe('Misuse')
    expect(request).toHaveProperty('text', expect.stringContaining(reason))
  })

  it('explain themselves, but for the one that is for this test-suite', () => {
    const request = parse('--help')
    expect(request._tag).toBe('Help')
    expect(request).toHaveProperty(
      'text',
      expect.stringMatching(/--for <time>[^]*--seed[^]*--services[^]*--workers[^]*--quiet/),
    )
    expect(request).toHaveProperty('text', expect.not.stringContaining('sabotage'))
  })
})
