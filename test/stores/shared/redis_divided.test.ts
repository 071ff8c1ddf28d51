import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisGuard, type SendCommand } from '../../../src/stores/index.ts'
import { connectByRedis, type RedisSender } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { apartContract, guardContract } from '../guard_contract.ts'

let servers: readonly RedisServer[] = []
let senders: readonly RedisSender[] = []
beforeAll(async () => {
  servers = await Promise.all([startRedis(), startRedis()])
  senders = await Promise.all(servers.map(({ url }) => connectByRedis(url)))
})
afterAll(async () => {
  for (const { close } of senders) await close()
  await Promise.all(servers.map(({ stop }) => stop()))
})

/** Sends a key's commands to one of two servers that know nothing of each other. */
const divide: SendCommand = (command, key) =>
  (senders[(key.codePointAt(key.length - 1) ?? 0) % 2] as RedisSender).send(command, key)

describe('the guard on two servers, whose keys are divided by who sends', () => {
  guardContract(
    () => createRedisGuard({ send: divide }),
    async () => {},
  )

  it('has keys at both, and no script that reads more than the one that it writes', async () => {
    const asked: (readonly string[])[] = []
    const send: SendCommand = (command, key) => {
      asked.push(command)
      return divide(command, key)
    }
    const guard = createRedisGuard({ send })
    expect(await guard.spendUnlessEnded('a', Date.now(), ['b', 'c'])).toBe('first')
    const scripts = asked.filter(([name]) => name?.startsWith('EVAL'))
    expect([scripts.map(([, , keys]) => keys), asked.filter(([name]) => name === 'GET').length]).toEqual([['1'], 2])
    for (const { send: tell } of senders) expect(Number(await tell(['DBSIZE'], ''))).toBeGreaterThan(0)
  })
})

describe('the guard on what says that it is one server, and refuses keys of several', () => {
  // promise: R21
  it('asks first and spends then, from the first refusal on, which has done nothing', async () => {
    const scripts: string[] = []
    const send: SendCommand = (command, key) => {
      const [name, , keys] = command
      if (!name?.startsWith('EVAL')) return (senders[0] as RedisSender).send(command, key)
      scripts.push(keys ?? '')
      if (keys !== '1') return Promise.reject(new Error("CROSSSLOT Keys in request don't hash to the same slot"))
      return (senders[0] as RedisSender).send(command, key)
    }
    const guard = createRedisGuard({ send, prefix: 'slots:' })
    const later = Math.floor(Date.now() / 1000) + 60
    await guard.end('gone', later)
    scripts.length = 0
    expect(await guard.spendUnlessEnded('a', later, ['b', 'gone'])).toBe('ended')
    expect(await guard.spendUnlessEnded('a', later, ['b'])).toBe('first')
    expect(scripts).toEqual(['3', '1'])
  })
})

describe('the guard on one server of which nobody hears whether it is one', () => {
  /** Answers nothing to who asks whether it is one. */
  const silent: SendCommand = (command, key) =>
    command[0] === 'INFO' && command[1] === 'server'
      ? Promise.reject(new Error('lost'))
      : (senders[0] as RedisSender).send(command, key)
  apartContract(() => createRedisGuard({ send: silent, prefix: 'silent:' }), {
    create: (carry) => {
      const send: SendCommand = (command, key) =>
        command[1] === 'server' ? silent(command, key) : carry(() => silent(command, key))
      return createRedisGuard({ send, prefix: 'silent:' })
    },
  })
})
