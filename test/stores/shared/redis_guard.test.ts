import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRedisGuard, type SendCommand, type SharedGuard } from '../../../src/stores/index.ts'
import { type CuttingProxy, startCuttingProxy } from '../../parties/cutting_proxy.ts'
import { connectByIoredis, connectByRedis, type RedisSender, startRedisOverHttp } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { apartContract, guardContract } from '../guard_contract.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

/** Sends, and knows when nothing is on its way. */
function watching(send: SendCommand) {
  let pending = 0
  const watched: SendCommand = (command, key) => {
    pending++
    return send(command, key).finally(() => pending--)
  }
  const isBusy = (): boolean => pending > 0
  const settled = async (): Promise<void> => {
    do await new Promise((resolve) => setTimeout(resolve, 1))
    while (isBusy())
  }
  return { send: watched, isBusy, settled }
}

describe('the guard on Redis, by redis, over a wire that breaks in the middle of answers', () => {
  let proxy: CuttingProxy
  let redis: RedisSender
  let wire: ReturnType<typeof watching>
  beforeAll(async () => {
    proxy = await startCuttingProxy(server.port)
    redis = await connectByRedis(`redis://127.0.0.1:${proxy.port}`)
    wire = watching(redis.send)
  })
  afterAll(async () => {
    await redis.close()
    await proxy.stop()
  })
  let cut: Promise<void> | undefined
  guardContract(
    () => createRedisGuard({ send: wire.send }),
    async () => {
      // What has just been asked is sent now. No call is cut twice: the second time it would fail.
      await new Promise(setImmediate)
      cut ??= proxy.cutAnswer().then(() => {
        cut = undefined
      })
      // Where nothing is on its way, it is the next answer that comes.
      if (wire.isBusy()) await cut
      await wire.settled()
    },
  )
})

describe('the guard on Redis, by redis, with what is lost or late', () => {
  let redis: RedisSender
  beforeAll(async () => {
    redis = await connectByRedis(server.url)
  })
  afterAll(() => redis.close())
  apartContract(() => createRedisGuard({ send: redis.send }), {
    create: (carry) => {
      // Whether it is one server is asked beside: of that nothing needs to come.
      const send: SendCommand = (command, key) =>
        command[1] === 'server' ? redis.send(command, key) : carry(() => redis.send(command, key))
      return createRedisGuard({ send })
    },
  })
})

describe('the guard on Redis, by ioredis, while Redis is killed and started', () => {
  let redis: RedisSender
  let wire: ReturnType<typeof watching>
  beforeAll(async () => {
    redis = await connectByIoredis(server.url)
    wire = watching(redis.send)
  })
  afterAll(() => redis.close())
  guardContract(
    () => createRedisGuard({ send: wire.send }),
    async () => {
      await server.restart()
      await wire.settled()
    },
  )
})

describe('the guard on Redis, by HTTP as Upstash speaks', () => {
  let front: Awaited<ReturnType<typeof startRedisOverHttp>>
  beforeAll(async () => {
    front = await startRedisOverHttp(server.url, 'token')
  })
  afterAll(() => front.close())

  const send = async (command: readonly string[], token = 'token'): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(front.url, { method: 'POST', headers, body: JSON.stringify(command) })
    const { result, error } = await response.json()
    if (error !== undefined) throw new Error(error)
    return result
  }
  guardContract(
    () => createRedisGuard({ send: (command) => send(command) }),
    async () => {},
  )

  it('fails where it is not let in', async () => {
    const guard = createRedisGuard({ send: (command) => send(command, 'another') })
    await expect(guard.spend('a', 0)).rejects.toMatchObject({ name: 'StoreError' })
  })
})

describe('what lies in Redis', () => {
  const now = Math.floor(Date.now() / 1000)
  let redis: RedisSender
  let sent: (readonly string[])[] = []
  let guard: SharedGuard
  beforeAll(async () => {
    redis = await connectByRedis(server.url)
  })
  afterAll(() => redis.close())
  beforeEach(async () => {
    await redis.send(['FLUSHALL'], '')
    const send: SendCommand = (command, key) => {
      sent.push(command)
      return redis.send(command, key)
    }
    guard = createRedisGuard({ send, prefix: '{issuer}:' })
    await guard.ready()
    sent = []
  })
  afterEach(() => {
    sent = []
  })
  const keys = async (): Promise<readonly string[]> => (await redis.send(['KEYS', '*'], '')) as readonly string[]
  const step = { gid: 'grant-of-alice', generation: 0, now, grace: 30, expiresAt: now + 600, bound: 'k'.repeat(43) }

  it('tells nobody a name, is short, and is gone two minutes after its time', async () => {
    await guard.spend('code-of-alice', now + 60)
    await guard.advance(step)
    await guard.end('session-of-alice', now + 600)
    await guard.leave('device ABCD-EFGH', 'sealed', now + 600)
    for (const key of await keys()) {
      const value = String(await redis.send(['GET', key], key))
      const end = Number(await redis.send(['PEXPIRETIME', key], key))
      expect(key).toMatch(/^\{issuer\}:[\w-]{43}$/)
      expect(key.length + value.length).toBeLessThan(256)
      expect(value).not.toMatch(/alice|kkk/)
      expect([(now + 60 + 120) * 1000, (now + 600 + 120) * 1000]).toContain(end)
    }
    expect(await keys()).toHaveLength(4)
  })

  it('is a number that was raised: by no name that says what it is of, and without an end', async () => {
    await guard.raise('settings-of-alice', 7)
    await guard.raise('settings-of-alice', 3)
    const [key = '', ...others] = await keys()
    expect(key).toMatch(/^\{issuer\}:[\w-]{43}$/)
    expect([await redis.send(['GET', key], key), await redis.send(['PEXPIRETIME', key], key), others]).toEqual([
      '7',
      -1,
      [],
    ])
  })

  it('is kept until the later end of all that was asked, whoever came last', async () => {
    await guard.advance(step)
    await guard.end(step.gid, now + 60)
    const [key = ''] = await keys()
    expect(await redis.send(['PEXPIRETIME', key], key)).toBe((now + 720) * 1000)
  })

  it('is kept as long as was said where it stays as it is, too: nothing that was answered is forgotten', async () => {
    await guard.advance(step)
    const [key = ''] = await keys()
    const endAfter = async (changes: object): Promise<unknown> => {
      const { outcome } = await guard.advance({ ...step, ...changes })
      return [outcome, Number(await redis.send(['PEXPIRETIME', key], key)) / 1000 - now - 120]
    }
    expect(await endAfter({ graceUses: 0, expiresAt: now + 900 })).toEqual(['exhausted', 900])
    await guard.end(step.gid, now + 60)
    expect(await endAfter({ expiresAt: now + 1200 })).toEqual(['ended', 1200])
    expect(await endAfter({ expiresAt: now + 600 })).toEqual(['ended', 1200])
  })

  it('costs one round trip to spend, two to move a family on, and one to look at each that may have ended', async () => {
    const trips = async (act: () => Promise<unknown>): Promise<number> => {
      sent = []
      await act()
      return sent.length
    }
    expect([
      await trips(() => guard.spend('a', now + 60)),
      await trips(() => guard.advance(step)),
      await trips(() => guard.advance({ ...step, generation: 1 })),
      await trips(() => guard.end('b', now + 60)),
      await trips(() => guard.hasEnded(['b'])),
      await trips(() => guard.leave('c', 'x', now + 60)),
      await trips(() => guard.swap('c', 'x', 'y', now + 60)),
      await trips(() => guard.look('c')),
      await trips(() => guard.raise('d', 1)),
      await trips(() => guard.spendUnlessEnded('e', now + 60, ['f', 'g', 'h'])),
      await trips(() => guard.spendUnlessEnded('i', now + 60, ['b'])),
      await trips(() => guard.advanceUnlessEnded({ ...step, generation: 2 }, ['f', 'g'])),
    ]).toEqual([1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 2])
  })

  it('is touched by one key a command, which the sender is told: a cluster needs it', async () => {
    await guard.advance(step)
    const [key] = await keys()
    expect(sent.map(([name, second, third, fourth]) => (name === 'EVAL' ? [third, fourth] : [second]))).toEqual([
      [key],
      ['1', key],
    ])
  })

  // promise: G08
  it('takes no envelope over 8,192 characters, and none of none', async () => {
    expect(await guard.leave('e', 'x'.repeat(8192), now + 60)).toBe('first')
    await expect(guard.leave('f', 'x'.repeat(8193), now + 60)).rejects.toThrow('1 to 8192 characters')
    await expect(guard.leave('f', '', now + 60)).rejects.toThrow(RangeError)
    await expect(guard.swap('f', '', 'x', now + 60)).rejects.toThrow(RangeError)
    expect(await keys()).toHaveLength(1)
  })

  it('is never guessed from an answer that is none: a transaction, a pipeline, another script', async () => {
    const end = now + 60
    for (const answer of ['QUEUED', undefined, [], ['OK'], [{}], { pipeline: true }]) {
      const send: SendCommand = async (command, key) =>
        ['EVAL', 'GET'].includes(command[0] ?? '') ? answer : redis.send(command, key)
      const odd = createRedisGuard({ send })
      const calls = [
        odd.spend('g', end),
        odd.advance(step),
        odd.end('g', end),
        odd.hasEnded(['g']),
        odd.leave('g', 'x', end),
      ]
      const said = await Promise.allSettled([...calls, odd.swap('g', 'x', 'y', end), odd.raise('g', 1)])
      expect(said.map(({ status }) => status)).toEqual(said.map(() => 'rejected'))
    }
  })
})
