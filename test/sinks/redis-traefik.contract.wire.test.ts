import { afterAll, beforeAll, describe } from 'vitest'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { redisTraefikHarness } from '../support/redis-traefik-harness.js'
import { needs } from '../tiers/needs.js'
import { type RedisClient, redisIsMissing, RedisServer } from '../support/redis-server.js'
import { contractRuns } from '../laws/runs.js'

describe('over a real Redis server', needs(redisIsMissing), () => {
  let server: RedisServer
  let client: RedisClient
  beforeAll(async () => {
    server = await RedisServer.start()
    client = await server.client()
  })
  afterAll(() => server.stop())

  sinkContract('redisTraefik', () => redisTraefikHarness(client), { runs: contractRuns(30) })
  sinkContract(
    'redisTraefik that adopts and deletes',
    () => redisTraefikHarness(client, { adopt: true, prune: 'delete' }),
    { runs: contractRuns(30) },
  )
})
