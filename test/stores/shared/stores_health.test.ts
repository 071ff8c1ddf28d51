import { describe, expect, it, onTestFinished } from 'vitest'
import {
  createRedisGuard,
  createRedisRevocations,
  createSqlGuard,
  createSqlRevocations,
} from '../../../src/stores/index.ts'
import { ISSUER, NOW, testIssuer } from '../../fixtures.ts'
import { connectByIoredis } from '../../parties/redis_clients.ts'
import { startRedis } from '../../parties/redis_server.ts'
import { openPg, startPostgresWithTables } from '../../parties/sql_database.ts'

/** Real stores, and what takes them away and brings them back. */
interface Place {
  readonly settings: Required<Pick<NonNullable<Parameters<typeof testIssuer>[0]>, 'guard' | 'revocations'>>
  readonly takeAway: () => Promise<void>
  readonly bringBack: (() => Promise<void>) | undefined
}

async function redis(): Promise<Place> {
  const server = await startRedis()
  const { send, close } = await connectByIoredis(server.url)
  onTestFinished(async () => {
    server.process().kill('SIGCONT')
    await close()
    await server.stop()
  })
  return {
    settings: { guard: createRedisGuard({ send }), revocations: createRedisRevocations({ send }) },
    takeAway: async () => void server.process().kill('SIGSTOP'),
    bringBack: async () => void server.process().kill('SIGCONT'),
  }
}

async function postgres(): Promise<Place> {
  const server = await startPostgresWithTables()
  const { query, close } = await openPg(server.url)
  onTestFinished(close)
  const options = { dialect: 'postgresql', query } as const
  return {
    settings: { guard: createSqlGuard(options), revocations: createSqlRevocations(options) },
    takeAway: () => server.stop(),
    bringBack: undefined,
  }
}

describe('GET /healthz?deep', () => {
  it.each([
    ['a Redis that stands still', redis],
    ['a PostgreSQL that ended', postgres],
  ] as const)('is red ten seconds after, and names what is down: %s', { timeout: 60_000 }, async (_, start) => {
    const { settings, takeAway, bringBack } = await start()
    let now = NOW
    const issuer = testIssuer({ ...settings, now: () => now })
    const ask = async () => {
      const response = await issuer.request(`${ISSUER}/healthz?deep`)
      return [response.status, await response.json()]
    }
    const well = { status: 'ok', parts: { guard: 'ok', revocations: 'ok' } }
    expect(await ask()).toMatchObject([200, well])
    await takeAway()
    now += 9
    const parts = { guard: 'unavailable', revocations: 'unavailable' }
    expect(await ask()).toMatchObject([503, { status: 'unavailable', reason: 'guard', parts }])
    if (bringBack === undefined) return
    await bringBack()
    now += 9
    expect(await ask()).toMatchObject([200, well])
  })
})
