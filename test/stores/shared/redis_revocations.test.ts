import { createClient } from 'redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { createRedisRevocations } from '../../../src/stores/index.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { revocationsContract } from '../revocations_contract.ts'

describe('revocations on Redis, by redis', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: server.url })
    client.on('error', () => {})
    await client.connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })
  revocationsContract(
    () => createRedisRevocations({ send: (command) => client.sendCommand([...command]) }),
    async () => {},
  )
})
