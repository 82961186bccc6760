import type { Notice } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { CallReports } from '../../src/shared/async/call-reports.js'

describe('the reports of a call', () => {
  it('tell each failure, and the first success at all and after one', () => {
    const said: Notice['_tag'][] = []
    const calls = new CallReports('ReceiveMessage', ({ _tag }) => said.push(_tag))
    calls.succeeded()
    calls.succeeded()
    calls.failed(new Error('no'), 1)
    calls.failed(new Error('no'), 1)
    calls.succeeded()
    calls.succeeded()
    expect(said).toEqual(['Answered', 'SourceFailed', 'SourceFailed', 'Answered'])
  })
})
