import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisRevocations } from '../../../src/stores/index.ts'
import { type CuttingProxy, startCuttingProxy } from '../../parties/cutting_proxy.ts'
import { connectByIoredis, connectByRedis, type RedisSender } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { revocationsContract } from '../revocations_contract.ts'

describe.each([
  ['redis', connectByRedis],
  ['ioredis', connectByIoredis],
] as const)('revocations on Redis, by %s', (_, connect) => {
  let server: RedisServer
  let sender: RedisSender
  beforeAll(async () => {
    server = await startRedis()
    sender = await connect(server.url)
  })
  afterAll(async () => {
    await sender.close()
    await server.stop()
  })
  revocationsContract(
    () => createRedisRevocations({ send: sender.send }),
    () => server.restart(),
  )
})

describe('a list of revocations on Redis', () => {
  let server: RedisServer
  let proxy: CuttingProxy
  let sender: RedisSender
  beforeAll(async () => {
    server = await startRedis()
    proxy = await startCuttingProxy(server.port)
    sender = await connectByRedis(`redis://127.0.0.1:${proxy.port}`)
  })
  afterAll(async () => {
    await sender.close()
    await proxy.stop()
    await server.stop()
  })
  const now = 1_800_000_000
  const event = (value: string) => ({ kind: 'sub', value, at: now, until: now + 600, keep: now + 600 }) as const

  it('adds once what it is told once, though the answer is lost on the way', async () => {
    const revocations = createRedisRevocations({ send: sender.send })
    await revocations.add(event('before'), now)
    const { seq } = await revocations.read(now, 'anything')
    const isCut = proxy.cutAnswer()
    const outcome = revocations.add(event('alice'), now)
    await isCut
    expect(await outcome).toEqual({ added: true, isHalf: false })
    const bundle = await revocations.read(now, 'anything')
    expect([bundle.seq, Object.keys(bundle.events.sub ?? {}).length]).toEqual([seq + 1, 2])
  })
})
