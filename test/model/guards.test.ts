import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type Guard } from '../../src/index.ts'
import type { Advance } from '../../src/stores/guard.ts'
import { createRedisGuard, createSqlGuard } from '../../src/stores/index.ts'
import { createSqlFamilies } from '../../src/stores/sql_family.ts'
import { startPostgres } from '../parties/postgres_server.ts'
import { connectByRedis } from '../parties/redis_clients.ts'
import { startRedis } from '../parties/redis_server.ts'
import { openPg, openSqlite } from '../parties/sql_database.ts'
import { advanceOf, START, stepOf } from './held.ts'
import { type Branch, NEW_BRANCH, RULE, type Showing } from './rule.ts'

const LATER = START + 86_400

/** What a guard does for families. */
type Families = Pick<Guard, 'end' | 'advanceUnlessEnded'>

/** What is asked of a guard: a step, the end of the family, or of the session that it hangs on. */
type Call = Showing | 'revoke' | 'log out'

/** What the model knows of a family at a guard. */
interface Kept {
  readonly branch: Branch
  readonly isLoggedOut: boolean
}

const NOTHING: Kept = { branch: NEW_BRANCH, isLoggedOut: false }

/** What the model makes of a call, and says of it. */
function modelled({ branch, isLoggedOut }: Kept, call: Call): { readonly kept: Kept; readonly said: unknown } {
  if (call === 'log out') return { kept: { branch, isLoggedOut: true }, said: undefined }
  if (call === 'revoke') return { kept: { branch: { ...branch, isOver: true }, isLoggedOut }, said: undefined }
  if (isLoggedOut) return { kept: { branch, isLoggedOut }, said: { outcome: 'ended' } }
  const decided = RULE(branch, call)
  return { kept: { branch: decided.branch, isLoggedOut }, said: advanceOf(decided.verdict, decided.branch) }
}

let families = 0

/** Makes calls of a family that no guard knows, and holds each answer against the model's. */
async function hold(guard: Families, calls: readonly Call[]): Promise<void> {
  const [gid, sid] = [`family ${++families}`, `session ${families}`]
  let kept = NOTHING
  for (const [at, call] of calls.entries()) {
    const model = modelled(kept, call)
    kept = model.kept
    const answer =
      typeof call === 'string'
        ? await guard.end(call === 'revoke' ? gid : sid, LATER)
        : await guard.advanceUnlessEnded?.(stepOf(gid, call), [sid])
    if (JSON.stringify(answer) !== JSON.stringify(model.said))
      expect({ calls: calls.slice(0, at + 1), answer }).toEqual({ calls: calls.slice(0, at + 1), answer: model.said })
  }
}

/** Makes many, some at once. */
async function holdAll(guard: Families, paths: Iterable<readonly Call[]>): Promise<number> {
  let [count, some] = [0, [] as Promise<void>[]]
  for (const path of paths) {
    count++
    some.push(hold(guard, path))
    if (some.length < 50) continue
    await Promise.all(some)
    some = []
  }
  await Promise.all(some)
  return count
}

function* showings(generations: number, keys: readonly string[], clock: readonly number[]): Generator<Showing> {
  for (let generation = 0; generation < generations; generation++)
    for (const key of keys) for (const now of clock) yield { generation, key, now, grace: 1, uses: 1 }
}

const ALPHABET: readonly Call[] = [...showings(3, ['', 'a'], [0, 2]), 'revoke', 'log out']

/** Returns each row of so many calls that there is. */
function* rowsOf(length: number): Generator<readonly Call[]> {
  if (length === 0) return yield []
  for (const row of rowsOf(length - 1)) for (const call of ALPHABET) yield [...row, call]
}

/** Returns, of each family that can be with up to two refreshes, each call that can come next, by a shortest way there. */
function* covering(): Generator<readonly Call[]> {
  const known = new Set<string>()
  let level: { readonly kept: Kept; readonly path: readonly Call[] }[] = [{ kept: NOTHING, path: [] }]
  while (level.length > 0) {
    const next: typeof level = []
    for (const { kept, path } of level) {
      const { newest } = kept.branch
      for (const call of [...showings(newest + 2, ['', 'a', 'b'], [0, 1, 2]), 'revoke', 'log out'] as const) {
        yield [...path, call]
        const after = modelled(kept, call).kept
        const name = JSON.stringify(after)
        if (known.has(name) || after.branch.newest > 2) continue
        known.add(name)
        next.push({ kept: after, path: [...path, call] })
      }
    }
    level = next
  }
}

const COVERING = [...covering()]
/** Every so many of them, for a guard that is far away. */
const SOME = COVERING.filter((_, at) => at % 29 === 0)

describe('a guard answers as the model does', () => {
  // promise: M05
  it('in memory, by all rows of 4 calls, and each call of each family', async () => {
    const guard = createMemoryGuard(() => START, { single: true })
    expect(await holdAll(guard, rowsOf(4))).toBe(14 ** 4)
    expect(await holdAll(guard, COVERING)).toBe(4904)
  })

  it('on SQLite, by its statements: all rows of 3 calls, and each call of each family', async () => {
    // What is on the disk nobody asks here.
    const { database, close } = openSqlite('PRAGMA journal_mode = wal; PRAGMA synchronous = OFF')
    const statements = new Map<string, ReturnType<typeof database.prepare>>()
    const ask: Parameters<typeof createSqlFamilies>[0]['ask'] = async (text, ...values) => {
      const statement = statements.get(text) ?? database.prepare(text)
      statements.set(text, statement)
      return statement.all(...values)
    }
    const families = createSqlFamilies({ ask }, 'sqlite')
    let attempts = 0
    const attempt = () => ({ id: `attempt ${++attempts}`, deadline: Date.now() + 600_000, isOver: () => false })
    const guard: Families = {
      advanceUnlessEnded: (step, unless) => families.advance(step, attempt(), unless) as Promise<Advance>,
      end: async (id, expiresAt) => void (await families.end(id, expiresAt, attempt())),
    }
    expect(await holdAll(guard, rowsOf(3))).toBe(14 ** 3)
    expect(await holdAll(guard, COVERING)).toBe(4904)
    await close()
  })

  it('on SQLite, by some calls of each family', async () => {
    const { query, close } = openSqlite()
    expect(await holdAll(createSqlGuard({ dialect: 'sqlite', query }), SOME)).toBe(170)
    await close()
  })

  it('on PostgreSQL, by some calls of each family', async () => {
    const server = await startPostgres()
    const { query, close } = await openPg(server.url)
    expect(await holdAll(createSqlGuard({ dialect: 'postgresql', query }), SOME)).toBe(170)
    await close()
    await server.stop()
  })

  it('on Redis, by some calls of each family', async () => {
    const server = await startRedis(['--appendfsync', 'no'])
    const redis = await connectByRedis(server.url)
    expect(await holdAll(createRedisGuard({ send: redis.send }), SOME)).toBe(170)
    await redis.close()
    await server.stop()
  })
})
