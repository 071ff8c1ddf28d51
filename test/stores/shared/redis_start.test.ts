import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { LogEntry } from '../../../src/log.ts'
import { createRedisGuard, type RedisGuardOptions, type SendCommand } from '../../../src/stores/index.ts'
import { freePort } from '../../parties/live_issuer.ts'
import { connectByIoredis, connectByRedis, type RedisSender } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'

let server: RedisServer
let redis: RedisSender
beforeAll(async () => {
  server = await startRedis()
  redis = await connectByRedis(server.url)
})
afterAll(async () => {
  await redis.close()
  await server.stop()
})
afterEach(async () => {
  vi.useRealTimers()
  await set('maxmemory-policy', 'noeviction')
  await set('appendonly', 'yes')
})

const set = (name: string, value: string): Promise<unknown> => redis.send(['CONFIG', 'SET', name, value], '')

/** Starts a guard; returns what it warned of. */
async function start(options: Partial<RedisGuardOptions> = {}): Promise<readonly LogEntry[]> {
  const lines: LogEntry[] = []
  await createRedisGuard({ send: redis.send, log: (entry) => lines.push(entry), ...options }).ready()
  return lines
}

/** Sends, and makes something else of the answers to one command. */
const answering =
  (name: string, change: (answer: unknown) => unknown): SendCommand =>
  async (command, key) => {
    const answer = await redis.send(command, key)
    return command[0] === name ? change(answer) : answer
  }

/** Connects as somebody who may do some things alone. */
async function withUser(rules: readonly string[], act: (send: SendCommand) => Promise<void>): Promise<void> {
  await redis.send(['ACL', 'SETUSER', 'bulla', 'reset', 'on', '>secret', ...rules], '')
  const user = await connectByRedis(server.url.replace('//', '//bulla:secret@'))
  try {
    await act(user.send)
  } finally {
    await user.close()
  }
}

it('starts on a Redis that forgets nothing, and has nothing to say', async () => {
  expect(await start()).toEqual([])
})

describe('a Redis that may forget', () => {
  it.each([
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
    // promise: R06
  ])('is refused at the start with maxmemory-policy %s, and the message says why', async (policy) => {
    await set('maxmemory-policy', policy)
    const why = new RangeError(
      `Redis' maxmemory-policy is "${policy}": with its memory full, what was used could be used again; set "noeviction"`,
    )
    await expect(start()).rejects.toThrow(why)
    // Somebody has looked once: the server says what it is now.
    await expect(start({ evictionChecked: true })).rejects.toThrow(why)
  })

  it('is refused by the first call too, where nobody waited for the start', async () => {
    await set('maxmemory-policy', 'allkeys-lru')
    const guard = createRedisGuard({ send: redis.send })
    await expect(guard.spend('a', Date.now() / 1000)).rejects.toMatchObject({ name: 'StoreError', reason: 'settings' })
  })

  // promise: R07
  it('is told of, once, where it writes nothing to the disk', async () => {
    await set('appendonly', 'no')
    const lines: LogEntry[] = []
    const guard = createRedisGuard({ send: redis.send, log: (entry) => lines.push(entry) })
    await guard.ready()
    expect(lines).toEqual([
      {
        level: 'warn',
        event: 'guard',
        detail:
          'Redis writes no append-only file: what it forgets when it ends can be used again; set appendonly to "yes"',
      },
    ])
  })
})

describe('a server that forbids to ask', () => {
  const MAY = ['~bulla:*', '+eval', '+get', '+set', '+del', '+pexpiretime', '+time', '+info']

  it('is refused for its CONFIG, until somebody writes out that he has looked', async () => {
    await withUser(MAY, async (send) => {
      await expect(start({ send })).rejects.toThrow(/^Redis does not tell its maxmemory-policy: .* evictionChecked$/)
      expect(await start({ send, evictionChecked: true })).toEqual([])
    })
  })

  it('serves a user that may do no more than a guard does', async () => {
    await withUser([...MAY, '+config|get'], async (send) => {
      const guard = createRedisGuard({ send })
      const end = Math.floor(Date.now() / 1000) + 60
      expect([await guard.spend('least', end), await guard.spend('least', end)]).toEqual(['first', 'spent'])
      expect(await guard.advance({ gid: 'least', generation: 0, now: end, grace: 0, expiresAt: end })).toEqual({
        outcome: 'advanced',
        generation: 1,
      })
    })
  })

  it('is refused where it does not tell its version', async () => {
    await withUser(MAY.slice(0, -1), async (send) => {
      await expect(start({ send, evictionChecked: true })).rejects.toThrow(RangeError)
    })
  })
})

it.each(['6.2.14', '5.0.0', 'unheard'])('refuses Redis %s', async (version) => {
  const send = answering('INFO', (text) => String(text).replace(/redis_version:.*/, `redis_version:${version}`))
  await expect(start({ send })).rejects.toThrow(`Redis 7.0 or newer is needed, and this is ${version}`)
})

it('takes Valkey, which tells two versions', async () => {
  const send = answering('INFO', (text) =>
    String(text).replace(/redis_version:.*/, 'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.0.0'),
  )
  expect(await start({ send })).toEqual([])
})

it('takes what a driver makes of a pair: a list, a map, an object', async () => {
  for (const pair of [new Map([['maxmemory-policy', 'noeviction']]), { 'maxmemory-policy': 'noeviction' }])
    expect(await start({ send: answering('CONFIG', () => pair) })).toEqual([])
  await expect(start({ send: answering('CONFIG', () => ({})) })).rejects.toThrow(RangeError)
})

describe('replicas', () => {
  it('are refused where what is sent goes over more connections than one: WAIT would count what another wrote', async () => {
    const other = await connectByIoredis(server.url)
    let sent = 0
    const send: SendCommand = (command, key) => (sent++ % 2 ? redis : other).send(command, key)
    await expect(start({ send, replicas: 1 })).rejects.toThrow(/must use one connection of its own, and no pool/)
    await other.close()
  })

  it('are missed at the start, with a warning that says what will be', async () => {
    expect(await start({ replicas: 1 })).toMatchObject([
      { level: 'warn', detail: 'Redis has 0 of 1 replicas: no write will do until they are there' },
    ])
  })

  it('are no servers of a guard themselves', async () => {
    const replica = await startRedis(['--replicaof', `127.0.0.1 ${server.port}`])
    const sender = await connectByRedis(replica.url)
    await expect(start({ send: sender.send })).rejects.toMatchObject({ name: 'StoreError', reason: 'readonly_replica' })
    await sender.close()
    await replica.stop()
  })
})

describe('clocks', () => {
  // promise: R16
  it.each([-2000, 2000, 86_400_000])('that differ by %i ms: it does not start', async (difference) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - difference })
    await expect(start()).rejects.toMatchObject({ name: 'StoreError', reason: 'clock' })
  })

  it.each([-1000, 1000])('that differ by %i ms: it says so, and keeps what it promises', async (difference) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - difference })
    const lines: LogEntry[] = []
    const guard = createRedisGuard({ send: redis.send, log: (entry) => lines.push(entry) })
    const end = Math.floor(Date.now() / 1000) + 60
    const name = `clock ${difference}`
    expect([await guard.spend(name, end), await guard.spend(name, end)]).toEqual(['first', 'spent'])
    expect(lines).toMatchObject([
      { level: 'warn', detail: expect.stringMatching(/^the clock of Redis is -?(?:9|10)\d\d ms/) },
    ])
  })
})

it('says that nobody is there', async () => {
  const port = await freePort()
  const send: SendCommand = async (command) =>
    (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: JSON.stringify(command) })).json()
  await expect(start({ send })).rejects.toMatchObject({ name: 'StoreError', reason: 'connection' })
})

it.each<[string, unknown]>([
  ['no way to send', {}],
  ['a way that is none', { send: 'redis://127.0.0.1' }],
  ['a word that is misspelt', { send: async () => {}, replica: 1 }],
  ['half a replica', { send: async () => {}, replicas: 0.5 }],
  ['more replicas than anybody has', { send: async () => {}, replicas: 17 }],
  ['a prefix with a blank', { send: async () => {}, prefix: 'my bulla' }],
  ['a prefix of 65 characters', { send: async () => {}, prefix: 'b'.repeat(65) }],
  ['a text for a yes', { send: async () => {}, evictionChecked: 'yes' }],
])('refuses %s when it is made', (_, options) => {
  expect(() => createRedisGuard(options as RedisGuardOptions)).toThrow(/^"/)
})
