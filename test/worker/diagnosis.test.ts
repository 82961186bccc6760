import { describe, expect, it } from 'vitest'
import { diagnose, explain, nameOf, reasonOf } from '../../src/worker/observability/diagnosis.js'

const named = (name: string, message = 'no'): Error => Object.assign(new Error(message), { name })
const coded = (code: string, message = 'no'): Error => Object.assign(new Error(message), { code })

describe('a diagnosis', () => {
  it.each([
    [new Error('Region is missing'), 'settings', 'set the region'],
    [named('CredentialsProviderError'), 'refused', 'give the process credentials'],
    [named('ExpiredTokenException'), 'refused', 'have expired'],
    [named('RequestExpired'), 'refused', 'have expired'],
    [named('UnrecognizedClientException'), 'refused', 'does not accept the credentials'],
    [named('AccessDeniedException'), 'refused', 'grant the action'],
    [named('QueueDoesNotExist'), 'settings', 'check its name'],
    [named('ResourceNotFoundException'), 'settings', 'check its name'],
    [named('NoSuchHostedZone'), 'settings', 'check its name'],
    [coded('ClusterNotFound'), 'settings', 'check its name'],
    [coded('EACCES'), 'settings', 'path exists'],
    [named('ThrottlingException'), 'passing', 'retried more slowly'],
    [coded('ECONNREFUSED'), 'passing', 'check the endpoint'],
    [coded('ENOTFOUND'), 'passing', 'check the endpoint'],
    [named('TimeoutError'), 'passing', 'check the endpoint'],
    [named('InternalServerError'), 'passing', undefined],
    // What it quotes is no verdict.
    [new Error('the answer was: AccessDenied'), 'passing', 'grant the action'],
    [new Error('we said that Region is missing'), 'passing', undefined],
  ] as const)('of %s is %s', (error, prospect, advice) => {
    const found = diagnose(error)
    expect(found.prospect).toBe(prospect)
    if (advice === undefined) expect(found.advice).toBeUndefined()
    else expect(found.advice).toContain(advice)
    expect(diagnose(new Error('a wrapper', { cause: error })).prospect).toBe(prospect)
  })

  it('ends for causes in a circle', () => {
    const error = new Error('a')
    error.cause = new Error('b', { cause: error })
    expect(diagnose(error).prospect).toBe('passing')
  })

  it('has words for errors without any, such as those of several attempts to connect', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:9'), { code: 'ECONNREFUSED' })
    const error = Object.assign(new AggregateError([refused], ''), { code: 'ECONNREFUSED' })
    expect(reasonOf(error)).toBe('connect ECONNREFUSED ::1:9')
    expect(nameOf(error)).toBe('ECONNREFUSED')
    expect(reasonOf(Object.assign(new Error(''), { code: 'ECONNRESET' }))).toBe('ECONNRESET')
    expect(reasonOf(named('Boom', ''))).toBe('Boom')
    expect(explain(error)).toBe('connect ECONNREFUSED ::1:9 (check the endpoint and the network)')
  })
})
