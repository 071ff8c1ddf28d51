import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { examineIssuer } from '../../src/cli/issuer_doctor.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { ROOT, run } from '../checkout.ts'
import { basic, SECRETS, testIssuer, testKey } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'

const DAY = 86_400
const OPERATOR = basic('operator', SECRETS.operator)
const clock = (): number => Math.floor(Date.now() / 1000)

/** Starts an issuer whose ring was made so many seconds ago; its clock is ours, and its list is in memory. */
async function start(changes: Partial<IssuerSettings> = {}, ringAge = 0): Promise<string> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const keyRing = writeRing(createRing({ now: clock() - ringAge, key: testKey() }))
  const revocations = createMemoryRevocations('salt')
  const { fetch } = testIssuer({ issuer, now: clock, keyRing, revocations, ...changes })
  const server = serve({ fetch, port, hostname: '127.0.0.1' })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return issuer
}

/** Starts what answers as an issuer would: `/healthz?deep` with this. */
async function startPretended(health: object, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    response.setHeader('content-type', 'application/json')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    if (url.startsWith('/healthz')) response.writeHead(200, headers).end(JSON.stringify(health))
    else response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, keys: [{}] }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Returns what is bad at an issuer, and in which words. */
async function badAt(issuer: string, authorization?: string): Promise<Readonly<Record<string, string>>> {
  const bad = (await examineIssuer(issuer, authorization)).filter(({ state }) => state === 'bad')
  return Object.fromEntries(bad.map(({ what, detail }) => [what, detail]))
}

const failing = async (): Promise<never> => Promise.reject(new Error('down'))
const HEALTHY = { status: 'ok', keys: [], parts: { guard: 'ok' } }

describe('bulla doctor --issuer', () => {
  const doctor = (args: readonly string[], input = '') =>
    run('node', [join(ROOT, 'src/cli/bulla.ts'), 'doctor', ...args], { input })

  it('prints a line for each thing, and ends with 0 where all is well', async () => {
    const issuer = await start()
    const asOperator = ['--client', 'operator', '--secret-file', '-']
    const { code, out, err } = await doctor(['--issuer', issuer, ...asOperator], SECRETS.operator)
    const signs = out
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
    expect([code, signs, err]).toEqual([
      0,
      ['✓ health', '✓ guard', '✓ revocations', '✓ rotation', '✓ clock', '✓ metadata', '✓ jwks'],
      `${issuer} is well, as far as can be seen\n`,
    ])
  })

  it('ends with 1 where something is not, names it, and says so to machines, too', async () => {
    const guard = { ...createMemoryGuard(undefined, { single: true }), hasEnded: failing }
    const issuer = await start({ guard })
    const { code, out, err } = await doctor(['--issuer', issuer, '--json'])
    const { ok, checks } = JSON.parse(out)
    expect([code, ok, err]).toEqual([1, false, `${issuer} is not well: health, guard\n`])
    expect(checks).toContainEqual({ what: 'guard', state: 'bad', detail: 'does not answer' })
    expect(checks).toContainEqual(expect.objectContaining({ what: 'rotation', state: 'unknown' }))
  })

  it('writes nothing to the terminal that an issuer could move its cursor by, and takes no word for a word that is none', async () => {
    const odd = { toString: 1 }
    const parts = { ['\u001b[2Jx'.padEnd(20_000, 'y')]: 'constructor', other: odd }
    const rotation = { overdue: true, due: odd, days_left: odd }
    const issuer = await startPretended({ status: 'unavailable', reason: odd, parts, rotation, error: odd })
    const { code, out, err } = await doctor(['--issuer', issuer])
    expect([code, out + err]).toEqual([1, expect.not.stringContaining('\u001b')])
    expect((out + err).length).toBeLessThan(2000)
    expect(out).toContain('does not answer')
    const asOperator = ['--issuer', issuer, '--client', 'operator', '--secret-file', '-']
    expect(await doctor(asOperator, SECRETS.operator)).toMatchObject({
      err: expect.stringContaining('the issuer refuses'),
    })
  })

  it.each([
    [['--issuer', 'https://as.example', '--connect', 'https://as.example'], 'do not go together'],
    [['--issuer', 'https://as.example', '--no-register'], '--no-register goes with --connect'],
    [['--connect', 'https://as.example', '--client', 'operator'], 'go with --issuer'],
    [['--issuer', 'http://as.example'], 'expected an https URL'],
    [['--issuer', 'https://as.example', '--client', 'operator'], '--secret-file is missing'],
    [[], '--issuer, or --connect, is missing'],
  ])('is used wrongly by %j', async (args, words) => {
    expect(await doctor(args)).toMatchObject({ code: 2, err: expect.stringContaining(words) })
  })

  it('ends with 1 where nobody answers, and where the operator is not believed', async () => {
    const nobody = await doctor(['--issuer', `http://127.0.0.1:${await freePort()}`])
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('does not answer') })
    const issuer = await start()
    await expect(examineIssuer(issuer, basic('operator', 'wrong'))).rejects.toThrow('refuses: invalid_client')
    await expect(examineIssuer(issuer, basic('service', SECRETS.service))).rejects.toThrow('unauthorized_client')
  })
})

describe('an issuer is not well', () => {
  it('whose list does not answer', async () => {
    const revocations = { ...createMemoryRevocations('salt'), read: failing }
    expect(await badAt(await start({ revocations }))).toEqual({
      health: 'revocations',
      revocations: 'does not answer',
    })
  })

  // promise: O05
  it('whose ring should have been rotated, which an operator is told, days before nothing can be sealed', async () => {
    const issuer = await start({}, 80.5 * DAY)
    expect(await badAt(issuer)).toEqual({})
    expect(await badAt(issuer, OPERATOR)).toEqual({
      'rotation due': expect.stringMatching(
        /^overdue since .*: `bulla keys rotate`; 9 days until nothing can be sealed$/,
      ),
    })
  })

  it('by whose ring nothing can be sealed', async () => {
    expect(await badAt(await start({}, 91 * DAY), OPERATOR)).toMatchObject({
      health: 'ring_no_primary',
      'rotation due': expect.stringContaining('0 days until'),
    })
  })

  it.each([-3600, -45, 45, 3600])('whose clock differs by %i seconds', async (ahead) => {
    const issuer = await start({ now: () => clock() + ahead })
    expect((await badAt(issuer))['clock']).toMatch(/^differs from ours by \d+ seconds, and 30 are allowed/)
  })

  it.each([-25, 0, 25])('but not by %i seconds alone', async (ahead) => {
    expect(await badAt(await start({ now: () => clock() + ahead }, 60))).toEqual({})
  })

  // promise: T02
  it('whose clock stands still', async () => {
    const stopped = clock() - 45
    const issuer = await start({ now: () => stopped }, 60)
    expect((await badAt(issuer))['clock']).toMatch(/see whether one stands still/)
  })

  it('whose clock is wrong behind a front that dates the answers', async () => {
    const time = new Date(Date.now() - 60_000).toISOString()
    const issuer = await startPretended({ ...HEALTHY, time, rotation: { due: time, days_left: 1, overdue: false } })
    expect(Object.keys(await badAt(issuer, OPERATOR))).toEqual(['clock'])
  })

  it('that calls itself otherwise than it is asked', async () => {
    const issuer = await start()
    const other = issuer.replace('127.0.0.1', 'localhost')
    expect((await badAt(other))['metadata']).toBe('name another issuer')
  })

  it('that does not say how its stores are, as one of before', async () => {
    expect(await badAt(await startPretended({ status: 'ok', keys: [] }))).toEqual({
      stores: expect.stringContaining('no issuer of this version'),
    })
  })

  it('whose sealed settings are refused, or must be sealed anew', async () => {
    const rotation = { due: '2030-01-01T00:00:00Z', days_left: 80, overdue: false }
    const settings = { seq: 3, due: '2026-01-01T00:00:00Z', days_left: 6, overdue: true }
    const issuer = await startPretended({ ...HEALTHY, parts: { guard: 'ok', settings: 'refused' }, rotation, settings })
    expect(await badAt(issuer, OPERATOR)).toEqual({
      settings: 'what lies there is refused; what was good before goes on',
      'settings due': expect.stringContaining('overdue since 2026-01-01T00:00:00Z: `bulla settings seal`'),
    })
    const refused = { refused: { reason: 'settings_unopened', since: '2026-01-01T00:00:00Z' } }
    const unread = await startPretended({ ...HEALTHY, parts: { settings: 'unavailable' }, rotation, settings: refused })
    expect(await badAt(unread, OPERATOR)).toEqual({
      settings: 'none were good since it began: settings_unopened; who they alone could know is answered by 503',
    })
  })
})
