import { createClient } from 'redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { createRedisGuard } from '../../../src/stores/index.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { guardContract } from '../guard_contract.ts'

describe('the guard on Redis, by redis', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: server.url, disableOfflineQueue: false })
    client.on('error', () => {})
    await client.connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  guardContract(
    () => createRedisGuard({ send: (command) => client.sendCommand([...command]) }),
    async () => {},
  )
})
