import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisGuard } from '../../../src/stores/index.ts'
import { connectByRedis, type RedisSender } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { guardContract } from '../guard_contract.ts'

/** Slots of a cluster, a third for each. */
const SLOTS = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const

describe('the guard on a cluster of three, by redis', () => {
  let servers: readonly RedisServer[] = []
  let senders: readonly RedisSender[] = []
  let cluster: ReturnType<typeof createCluster>
  beforeAll(async () => {
    servers = await Promise.all(SLOTS.map(() => startRedis(['--cluster-enabled', 'yes'])))
    senders = await Promise.all(servers.map(({ url }) => connectByRedis(url)))
    const [first] = servers
    for (const [index, { send }] of senders.entries()) {
      await send(['CLUSTER', 'ADDSLOTSRANGE', ...(SLOTS[index] ?? []).map(String)], '')
      await send(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)], '')
      await send(['CLUSTER', 'MEET', '127.0.0.1', String(first?.port)], '')
    }
    for (const { send } of senders)
      while (!/cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(await send(['CLUSTER', 'INFO'], ''))))
        await new Promise((resolve) => setTimeout(resolve, 50))
    cluster = createCluster({ rootNodes: servers.map(({ url }) => ({ url })) })
    cluster.on('error', () => {})
    await cluster.connect()
  }, 60_000)
  afterAll(async () => {
    cluster.destroy()
    for (const { close } of senders) await close()
    await Promise.all(servers.map(({ stop }) => stop()))
  })

  guardContract(
    () => createRedisGuard({ send: (command, key) => cluster.sendCommand(key, false, [...command]) }),
    async () => {},
  )

  it('lies in all of them', async () => {
    const sizes = await Promise.all(senders.map(({ send }) => send(['DBSIZE'], '')))
    expect(sizes.filter((size) => Number(size) > 0)).toHaveLength(3)
  })
})
