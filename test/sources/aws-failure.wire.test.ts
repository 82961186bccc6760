import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { isTransient } from '../../src/shared/aws/aws-failure.js'

/** What the SDK throws when ECS answers so. */
const thrownBy = async (status: number, body: string): Promise<unknown> => {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const client = new ECSClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  return client.send(new DescribeServicesCommand({ services: ['web'] })).then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  )
}

it.each([
  ['half of an answer', 200, '{"services":[{"serviceArn":"arn:a', true],
  ['a fault of the service', 500, '{"__type":"ServerException"}', true],
  ['throttling', 400, '{"__type":"ThrottlingException"}', true],
  ['a refusal', 400, '{"__type":"AccessDeniedException"}', false],
  ['an invalid request', 400, '{"__type":"InvalidParameterException"}', false],
])('whether the same call may succeed later, after %s', async (_, status, body, expected) => {
  const thrown = await thrownBy(status, body)
  expect(thrown).toBeInstanceOf(Error)
  expect(isTransient(thrown)).toBe(expected)
})
