import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Clock } from '../../core/clock.js'
import type { Finding } from '../../core/finding.js'
import { awsFailure } from '../../shared/aws/aws-failure.js'
import { isObject } from '../../shared/codec/json-object.js'
import { clientSettings } from '../../shared/aws/aws-clients.js'
import { answerDate, AwsTime, readAnswerDate } from '../../shared/aws/aws-time.js'

/** AWS refuses requests that are signed five minutes off; events are compared with snapshots to within 30 s. */
const mostSkewMs = 5_000

const clockFinding = (aheadMs: number | undefined): Finding => {
  const about = 'clock'
  if (aheadMs === undefined) return { about, result: 'unknown', detail: 'AWS did not say what time it is' }
  const off = `${Math.abs(Math.round(aheadMs / 1000))} s ${aheadMs > 0 ? 'ahead of' : 'behind'} AWS's`
  return Math.abs(aheadMs) <= mostSkewMs
    ? { about, result: 'ok', detail: aheadMs === 0 ? "as AWS's, to within a second" : off }
    : { about, result: 'warning', detail: `${off}: let NTP or the Amazon Time Sync Service set it` }
}

/** In which region the worker is, as whom, and whether its clock is right. `region`: the setting, if it is given. */
export const callerFindings = async (
  region: string | undefined,
  clock: Clock,
  abortSignal: AbortSignal,
): Promise<readonly Finding[]> => {
  const client = new STSClient(clientSettings({ region: region ?? '' }))
  const time = new AwsTime()
  try {
    const found = await client.config.region()
    const place: Finding = {
      about: 'region',
      result: 'ok',
      detail: `${found}, from ${region === undefined ? 'the environment' : 'the setting REGION'}`,
    }
    const sentAt = clock.now()
    const hear = (date: number | undefined): void => {
      if (date !== undefined) time.observe(date, sentAt, clock.now())
    }
    client.middlewareStack.add(readAnswerDate(hear), { step: 'deserialize' })
    try {
      const { Arn = 'no ARN in the answer' } = await client.send(new GetCallerIdentityCommand({}), {
        abortSignal,
      })
      return [place, { about: 'identity', result: 'ok', detail: Arn }, clockFinding(time.aheadMs)]
    } catch (thrown) {
      // With a clock that is minutes off, AWS refuses the signature, and says what time it is.
      hear(isObject(thrown) ? answerDate(thrown['$response']) : undefined)
      const { message } = awsFailure(thrown)
      return [place, { about: 'identity', result: 'failed', detail: message }, clockFinding(time.aheadMs)]
    }
  } catch {
    return [
      {
        about: 'region',
        result: 'failed',
        detail: 'there is none: set AWS_REGION, or REGION for the worker alone',
      },
    ]
  } finally {
    client.destroy()
  }
}
