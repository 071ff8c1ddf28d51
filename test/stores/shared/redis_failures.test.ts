import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRedisGuard, type SendCommand, type SharedGuard } from '../../../src/stores/index.ts'
import { type CuttingProxy, startCuttingProxy } from '../../parties/cutting_proxy.ts'
import { endProcess } from '../../parties/processes.ts'
import { connectByIoredis, connectByRedis, type RedisSender } from '../../parties/redis_clients.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'

const now = Math.floor(Date.now() / 1000)
const later = now + 600

/** Returns a step of a family that has no grace: whoever comes twice ends it. */
const step = (gid: string, generation = 0) => ({ gid, generation, now, grace: 0, expiresAt: later })

/** Tells what became of calls: an answer, or the reason why there is none. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(calls)
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.reason))
}

describe('a Redis that is not there when it is asked', () => {
  let server: RedisServer
  let redis: RedisSender
  let guard: SharedGuard
  beforeEach(async () => {
    server = await startRedis()
    redis = await connectByIoredis(server.url)
    guard = createRedisGuard({ send: redis.send })
    await guard.ready()
  })
  afterEach(async () => {
    await redis.close()
    await server.stop()
  })
  /** What is asked while it is away: each by one command that changes something. */
  const ask = (): readonly Promise<unknown>[] => [
    guard.spend('code', later),
    guard.leave('device', 'sealed', later),
    guard.swap('kept', 'before', 'after', later),
    guard.raise('settings', 9),
  ]
  /** Uses a name for good, by a command without an end. */
  const useUp = (): Promise<unknown> => redis.send(['SET', 'bare', '1', 'NX'], 'bare')

  // promise: R01
  it('as it stands still, does nothing of it later: the same code works (503, then first)', async () => {
    await guard.leave('kept', 'before', later)
    server.process().kill('SIGSTOP')
    const bare = useUp()
    const starts = createRedisGuard({ send: redis.send })
    const said = await outcomes([...ask(), guard.advance(step('family')), starts.ready()])
    server.process().kill('SIGCONT')
    expect(said).toEqual(Array(6).fill('late'))
    // What has no end is done, though nobody waits: so the test tells one from the other.
    expect(await bare).toBe('OK')
    await starts.ready()
    expect([await guard.spend('code', later), await guard.leave('device', 'other', later)]).toEqual(['first', 'first'])
    expect([await guard.look('kept'), await guard.raise('settings', 1)]).toEqual(['before', 1])
    expect(await guard.advance(step('family'))).toEqual({ outcome: 'advanced', generation: 1 })
  })

  // promise: R02
  it('as it was killed, does nothing later of what the driver keeps for it: the same code works', async () => {
    await guard.leave('kept', 'before', later)
    await endProcess(server.process(), 'SIGKILL')
    const bare = useUp()
    expect(await outcomes(ask())).toEqual(['late', 'late', 'late', 'late'])
    await server.restart()
    expect(await bare).toBe('OK')
    expect([await guard.spend('code', later), await guard.leave('device', 'other', later)]).toEqual(['first', 'first'])
    expect([await guard.look('kept'), await guard.raise('settings', 1)]).toEqual(['before', 1])
  })
})

describe('an answer that is lost, while what was asked is done', () => {
  let server: RedisServer
  let proxy: CuttingProxy
  let redis: RedisSender
  let guard: SharedGuard
  /** How often the answer to a script is still to be lost. */
  let losses = 0
  beforeAll(async () => {
    server = await startRedis()
    proxy = await startCuttingProxy(server.port)
    redis = await connectByRedis(`redis://127.0.0.1:${proxy.port}`)
    const send: SendCommand = (command, key) => {
      if (command[0] === 'EVAL' && losses-- > 0) void proxy.cutAnswer()
      return redis.send(command, key)
    }
    guard = createRedisGuard({ send })
    await guard.ready()
  })
  afterAll(async () => {
    await redis.close()
    await proxy.stop()
    await server.stop()
  })

  it.each<[string, (guard: SharedGuard) => Promise<unknown>, unknown]>([
    ['spending', (of) => of.spend('code', later), 'first'],
    [
      'moving a family on that has no grace',
      (of) => of.advance(step('family')),
      { outcome: 'advanced', generation: 1 },
    ],
    ['ending a family by a generation that comes again', (of) => of.advance(step('family')), { outcome: 'reused' }],
    ['leaving', (of) => of.leave('device', 'before', later), 'first'],
    ['replacing', (of) => of.swap('device', 'before', 'after', later), 'swapped'],
    ['raising a number', (of) => of.raise('settings', 7), 7],
    ['ending', (of) => of.end('session', later), undefined],
  ])('of %s, is told by the second try as by the first', async (_, act, told) => {
    losses = 1
    expect(await act(guard)).toEqual(told)
    expect(losses).toBeLessThan(1)
  })

  // promise: F06
  it('twice, is an error, and the third who asks is somebody else', async () => {
    losses = 2
    expect(await outcomes([guard.spend('twice', later)])).toEqual(['connection'])
    losses = 0
    expect(await guard.spend('twice', later)).toBe('spent')
  })

  it('of a hundred that are decided together, is told to each', async () => {
    losses = 1
    const steps = Array.from({ length: 100 }, () => guard.advance({ ...step('many'), grace: 30, graceUses: 7 }))
    const outcomesOf = (await Promise.all(steps)).map(({ outcome }) => outcome)
    expect(outcomesOf.filter((outcome) => outcome === 'advanced')).toHaveLength(8)
    expect(outcomesOf.filter((outcome) => outcome === 'exhausted')).toHaveLength(92)
  })
})

describe('a replica that takes over', () => {
  let primary: RedisServer
  let replica: RedisServer
  let link: CuttingProxy
  let redis: RedisSender
  let other: RedisSender
  let promoted: RedisSender
  beforeEach(async () => {
    primary = await startRedis(['--repl-diskless-sync-delay', '0'])
    link = await startCuttingProxy(primary.port)
    replica = await startRedis(['--replicaof', `127.0.0.1 ${link.port}`])
    redis = await connectByRedis(primary.url)
    other = await connectByRedis(primary.url)
    promoted = await connectByRedis(replica.url)
    await expect.poll(() => redis.send(['INFO', 'replication'], ''), { interval: 20 }).toContain('state=online')
    await caughtUp()
  })
  afterEach(async () => {
    for (const sender of [redis, other, promoted]) await sender.close()
    await link.stop()
    await Promise.all([primary.stop(), replica.stop()])
  })
  /** Waits until the replica has all: it may take its time on a machine that has others to do. */
  const caughtUp = async (): Promise<void> => {
    await redis.send(['SET', 'something', '1'], '')
    expect(await redis.send(['WAIT', '1', '20000'], '')).toBe(1)
  }
  const promote = async (): Promise<SharedGuard> => {
    await promoted.send(['REPLICAOF', 'NO', 'ONE'], '')
    return createRedisGuard({ send: promoted.send })
  }
  const keys = async (): Promise<readonly string[]> => (await redis.send(['KEYS', '*'], '')) as readonly string[]

  // promise: R03
  it('lets use again what it had not got, where nobody waited for it: this is what it costs', async () => {
    const guard = createRedisGuard({ send: redis.send })
    await guard.ready()
    link.hold()
    expect(await guard.spend('code', later)).toBe('first')
    expect(await (await promote()).spend('code', later)).toBe('first')
  })

  // promise: R04
  it('knows all that counted, and what it had not got did not count', async () => {
    const guard = createRedisGuard({ send: redis.send, replicas: 1 })
    expect([await guard.spend('before', later), await guard.spend('before', later)]).toEqual(['first', 'spent'])
    expect(await guard.advance(step('family'))).toMatchObject({ outcome: 'advanced' })
    link.hold()
    const [kept, count] = [await keys(), (await keys()).length]
    expect(await outcomes([guard.spend('code', later)])).toEqual(['refused_by_server'])
    expect(await outcomes([guard.advance(step('family', 1))])).toEqual(['refused_by_server'])
    // It was taken back, so that here, too, it can be used.
    expect([(await keys()).length, new Set(await keys())]).toEqual([count, new Set(kept)])
    link.release()
    await caughtUp()
    expect(await guard.spend('code', later)).toBe('first')
    link.hold()
    const after = await promote()
    expect([await after.spend('before', later), await after.spend('code', later)]).toEqual(['spent', 'spent'])
    expect(await after.advance(step('family', 1))).toEqual({ outcome: 'advanced', generation: 2 })
  })

  it('never gives back a number that was raised, and says that it counts only where it has it', async () => {
    const guard = createRedisGuard({ send: redis.send, replicas: 1 })
    expect(await guard.raise('settings', 7)).toBe(7)
    link.hold()
    expect(await outcomes([guard.raise('settings', 8), guard.raise('settings', 3)])).toEqual([
      'refused_by_server',
      'refused_by_server',
    ])
    link.release()
    await caughtUp()
    expect(await guard.raise('settings', 7)).toBe(8)
    link.hold()
    expect(await (await promote()).raise('settings', 1)).toBe(8)
  })

  it('never gives back what was ended', async () => {
    const guard = createRedisGuard({ send: redis.send, replicas: 1 })
    await guard.advance(step('family'))
    link.hold()
    expect(await outcomes([guard.end('family', later)])).toEqual(['refused_by_server'])
    expect(await guard.hasEnded(['family'])).toBe(true)
  })

  it('is waited for by the connection that wrote: another one, which has written nothing, is told at once that all is well', async () => {
    let isMoved = false
    // The driver connects anew after the answer to the script.
    const send: SendCommand = (command, key) => {
      if (command[0] === 'WAIT') isMoved = true
      return (isMoved ? other : redis).send(command, key)
    }
    const guard = createRedisGuard({ send, replicas: 1 })
    await guard.ready()
    link.hold()
    expect(await other.send(['WAIT', '1', '600'], '')).toBe(1)
    expect(await outcomes([guard.spend('code', later)])).toEqual(['refused_by_server'])
    link.release()
    await caughtUp()
    isMoved = false
    expect(await guard.spend('code', later)).toBe('first')
  })

  it('is waited for once more where the connection broke meanwhile: the new one writes too, so it has something to wait for', async () => {
    const writes = async (): Promise<number> =>
      Number(/cmdstat_set:calls=(\d+)/.exec(String(await redis.send(['INFO', 'commandstats'], '')))?.[1] ?? 0)
    let isMoved = false
    const send: SendCommand = async (command, key) => {
      if (command[0] !== 'WAIT' || isMoved) return (isMoved ? other : redis).send(command, key)
      isMoved = true
      throw new Error('Socket closed unexpectedly')
    }
    const guard = createRedisGuard({ send, replicas: 1 })
    await guard.ready()
    const before = await writes()
    expect(await guard.spend('before', later)).toBe('first')
    // The first; one that finds what is there; and the same once more.
    expect((await writes()) - before).toBe(3)
    isMoved = false
    link.hold()
    expect(await outcomes([guard.spend('code', later)])).toEqual(['refused_by_server'])
    link.release()
    await caughtUp()
    expect([await guard.spend('code', later), await guard.spend('before', later)]).toEqual(['first', 'spent'])
  })

  it('is waited for by the second try of a family, too, whose first answer was lost; and then it is taken back', async () => {
    const closed = (): Error => new Error('Socket closed unexpectedly')
    let isLost = true
    let isClosing = false
    const send: SendCommand = async (command, key) => {
      if (isClosing) throw closed()
      if (command[0] !== 'EVAL' || isLost) return redis.send(command, key)
      isLost = true
      isClosing = true
      await redis.send(command, key)
      isClosing = false
      throw closed()
    }
    const guard = createRedisGuard({ send, replicas: 1 })
    await guard.advance(step('family'))
    link.hold()
    isLost = false
    expect(await outcomes([guard.advance(step('family', 1))])).toEqual(['refused_by_server'])
    link.release()
    await caughtUp()
    expect(await guard.advance(step('family', 1))).toEqual({ outcome: 'advanced', generation: 2 })
    isLost = false
    expect(await guard.advance(step('family', 2))).toEqual({ outcome: 'advanced', generation: 3 })
  })

  it('that is asked once more too late gets nothing burnt: what was written at first is taken back', async () => {
    let isLate = false
    const send: SendCommand = async (command, key) => {
      if (command[0] === 'WAIT' && !isLate) {
        isLate = true
        throw new Error('Socket closed unexpectedly')
      }
      const isClaim = command.some((word) => word.includes("'NX'"))
      return redis.send(isClaim && isLate ? [...command.slice(0, -1), '0'] : command, key)
    }
    const guard = createRedisGuard({ send, replicas: 1 })
    expect(await outcomes([guard.spend('code', later)])).toEqual(['refused_by_server'])
    expect(await createRedisGuard({ send: redis.send }).spend('code', later)).toBe('first')
  })

  it('makes a primary of before say that it takes nothing: that is no fault of the request, until it leads again', async () => {
    const guard = createRedisGuard({ send: redis.send })
    await guard.ready()
    await redis.send(['REPLICAOF', '127.0.0.1', String(replica.port)], '')
    expect(await outcomes([guard.spend('code', later)])).toEqual(['readonly_replica'])
    await redis.send(['REPLICAOF', 'NO', 'ONE'], '')
    expect(await guard.spend('code', later)).toBe('first')
  })
})

describe('a Redis whose memory is full', () => {
  let server: RedisServer
  let redis: RedisSender
  beforeAll(async () => {
    server = await startRedis()
    redis = await connectByRedis(server.url)
  })
  afterEach(async () => {
    vi.useRealTimers()
    await set('maxmemory', '0')
    await set('maxmemory-policy', 'noeviction')
    await redis.send(['FLUSHALL'], '')
  })
  afterAll(async () => {
    await redis.close()
    await server.stop()
  })
  const set = (name: string, value: string): Promise<unknown> => redis.send(['CONFIG', 'SET', name, value], '')
  /** Leaves room for some hundred names. */
  const fillUp = async (): Promise<void> => {
    const [, used] = /used_memory:(\d+)/.exec(String(await redis.send(['INFO', 'memory'], ''))) ?? []
    await set('maxmemory', String(Number(used) + 400_000))
  }
  const names = Array.from({ length: 4000 }, (_, one) => `code ${one}`)

  // promise: R05
  it('refuses what it has no room for, and forgets nothing', async () => {
    const guard = createRedisGuard({ send: redis.send })
    await guard.ready()
    await fillUp()
    /** Not all at once: a machine that has others to do must have the time for each. */
    const spendAll = async (all: readonly string[]): Promise<readonly unknown[]> => {
      const said: unknown[] = []
      for (let from = 0; from < all.length; from += 250)
        said.push(...(await outcomes(all.slice(from, from + 250).map((name) => guard.spend(name, later)))))
      return said
    }
    const said = await spendAll(names)
    const first = names.filter((_, index) => said[index] === 'first')
    const refused = names.filter((_, index) => said[index] === 'memory_full')
    expect([first.length > 0, refused.length > 0, first.length + refused.length]).toEqual([true, true, names.length])
    expect(await outcomes([guard.hasEnded(['family'])])).toEqual([false])
    await set('maxmemory', '0')
    expect(new Set(await spendAll(first))).toEqual(new Set(['spent']))
    expect(new Set(await spendAll(refused))).toEqual(new Set(['first']))
  })

  // promise: R06
  it('would forget, were it allowed to evict: a guard that was let in before it was set so stops within a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const guard = createRedisGuard({ send: redis.send })
    await guard.ready()
    await set('maxmemory-policy', 'allkeys-lru')
    await fillUp()
    const use = (): Promise<readonly unknown[]> =>
      Promise.all(names.map((name) => redis.send(['SET', name, '1', 'NX', 'EX', '600'], name)))
    expect(new Set(await use())).toEqual(new Set(['OK']))
    expect(await use()).toContain('OK')
    vi.advanceTimersByTime(61_000)
    expect(await outcomes([guard.spend('code', later)])).toEqual(['settings'])
  })
})
