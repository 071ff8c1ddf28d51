import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { NOW, testIssuer, VARS } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import {
  type App,
  type Ask,
  createApp,
  createPerson,
  type FullAnswer,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'

const honest = await createProver()
const thief = await createProver()
const CERTIFICATE = { thumbprint: 'A'.repeat(43), isTrusted: true, names: {} }

/** An issuer with a clock that the test turns, and a person's approval for the browser app. */
async function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const at = (): number => now
  const issuer = testIssuer({ now: at, guard: createMemoryGuard(at), log: (entry) => lines.push(entry), ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  const bearer = createApp(ask)
  const appOf = (prover: typeof honest): App => createApp(withProofs(ask, prover, at))
  const code = async (): Promise<string> =>
    (await createPerson(ask, { now: at }).answer('allow', REQUESTS['pub'])).searchParams.get('code') ?? ''
  const first = async (app = bearer): Promise<string> =>
    (await readAnswer(await app.redeem(await code()))).refresh_token ?? ''
  return { appOf, bearer, first, lines, wait: (seconds: number) => (now += seconds) }
}

const use = async (app: App, token: string): Promise<FullAnswer> => readAnswer(await app.refresh(token))
/** Tells what becomes of refresh tokens, each by its own app. */
const fates = async (...uses: readonly (readonly [App, string])[]): Promise<readonly string[]> => {
  const told: string[] = []
  for (const [app, token] of uses) {
    const { error = 'good' } = await use(app, token)
    told.push(error)
  }
  return told
}

describe('a refresh token that does not change', () => {
  const appOf = async (changes: object): Promise<{ app: App; token: string }> => {
    const clients = { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, ...changes } }
    const issuer = testIssuer({ clients })
    const ask: Ask = (request) => issuer.fetch(request)
    const url = await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS['web'])
    const app = createApp(ask, { client: 'web' })
    const { refresh_token = '' } = await readAnswer(await app.redeem(url.searchParams.get('code') ?? ''))
    return { app, token: refresh_token }
  }

  it('is repeated with each answer, for libraries that drop theirs otherwise (RFC 6749 §6)', async () => {
    const { app, token } = await appOf({})
    for (let times = 0; times < 3; times++) expect(await use(app, token)).toMatchObject({ refresh_token: token })
  })

  it('is not repeated to a client with `repeats_refresh_token = false`', async () => {
    const { app, token } = await appOf({ repeats_refresh_token: false })
    const answer = await use(app, token)
    expect(Object.keys(answer)).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
  })

  it.each([null, 'false', 0])('has a setting that is true or false, and never %s', async (repeats_refresh_token) => {
    await expect(appOf({ repeats_refresh_token })).rejects.toThrow('repeats_refresh_token" expected')
  })
})

describe('a stolen refresh token of a public client (RFC 9700 §4.14.2)', () => {
  // promise: P02
  it('that is brought within the grace with a key of the thief ends the family: nothing of it goes on', async () => {
    const { appOf, bearer, first } = await setUp()
    const stolen = await first()
    const { refresh_token: second = '' } = await use(bearer, stolen)
    const loot = await use(appOf(thief), stolen)
    expect(loot).toMatchObject({ error: 'invalid_grant' })
    expect(loot).not.toHaveProperty('refresh_token')
    expect(await fates([bearer, second], [appOf(thief), stolen])).toEqual(['invalid_grant', 'invalid_grant'])
  })

  it('that the thief binds first dies with what he got, as soon as its owner comes with it', async () => {
    const { appOf, bearer, first } = await setUp()
    const stolen = await first()
    const { refresh_token: loot = '' } = await use(appOf(thief), stolen)
    expect(await fates([appOf(thief), loot])).toEqual(['good'])
    expect(await fates([bearer, stolen], [appOf(thief), loot])).toEqual(['invalid_grant', 'invalid_grant'])
  })

  it.each([
    ['without a key', undefined],
    ['with another key', thief],
  ] as const)('is reuse %s when its owner has moved into a key, within the grace too', async (_, prover) => {
    const { appOf, bearer, first } = await setUp()
    const stolen = await first()
    const { refresh_token: bound = '' } = await use(appOf(honest), stolen)
    expect(await fates([appOf(honest), bound])).toEqual(['good'])
    const app = prover === undefined ? bearer : appOf(prover)
    expect(await fates([app, stolen], [appOf(honest), bound])).toEqual(['invalid_grant', 'invalid_grant'])
  })

  it('is reuse with its own key after the grace', async () => {
    const { appOf, first, wait } = await setUp()
    const old = await first()
    const { refresh_token: bound = '' } = await use(appOf(honest), old)
    wait(31)
    expect(await fates([appOf(honest), old], [appOf(honest), bound])).toEqual(['invalid_grant', 'invalid_grant'])
  })

  it('of a client whose tokens are bound to its certificate is bound to it from the start, and never rotates', async () => {
    const bound = { tls_client_certificate_bound_access_tokens: true }
    let isShown = false
    const { appOf, bearer, first } = await setUp({
      clients: { ...VARS.CLIENTS, pub: { ...VARS.CLIENTS.pub, ...bound } },
      certificate: () => (isShown ? CERTIFICATE : undefined),
    })
    // Nobody gets anything without the certificate: from the start the refresh token is bound to it.
    expect(await first()).toBe('')
    isShown = true
    const token = await first()
    expect(await fates([bearer, token], [appOf(honest), token], [bearer, token])).toEqual(['good', 'good', 'good'])
    isShown = false
    expect(await fates([bearer, token])).toEqual(['invalid_request'])
  })
})

describe('an answer that was lost', () => {
  it.each([
    ['without a key', undefined],
    ['with the key that it was asked for with', honest],
  ] as const)('is given again %s within the grace: the same successor, which goes on', async (_, prover) => {
    const { appOf, bearer, first, wait } = await setUp()
    const app = prover === undefined ? bearer : appOf(prover)
    const old = await first()
    expect(await use(app, old)).toMatchObject({ refresh_token: expect.any(String) })
    wait(30)
    const { refresh_token: again = '' } = await use(app, old)
    expect(await fates([app, again])).toEqual(['good'])
  })

  it('of the first refresh token is none with a code that was redeemed with a key: that is bound from the start', async () => {
    const { appOf, bearer, first } = await setUp()
    const bound = await first(appOf(honest))
    expect(await fates([appOf(thief), bound], [bearer, bound])).toEqual(['invalid_grant', 'invalid_dpop_proof'])
    expect(await fates([appOf(honest), bound], [appOf(honest), bound])).toEqual(['good', 'good'])
  })
})

describe('the grace', () => {
  it.each([
    ['10 times', {}, 10],
    ['as often as the settings say', { refresh_token_grace_uses: 1 }, 1],
    ['as often as the settings say', { refresh_token_grace_uses: 12 }, 12],
  ] as const)('takes a used refresh token again %s (%j), refuses what is over it, and ends nothing', async (...row) => {
    const [, setting, uses] = row
    const { bearer, first, lines, wait } = await setUp({
      clients: { ...VARS.CLIENTS, pub: { ...VARS.CLIENTS.pub, ...setting } },
    })
    const old = await first()
    const { refresh_token: successor = '' } = await use(bearer, old)
    const again = await fates(...Array.from({ length: uses }, () => [bearer, old] as const))
    expect(again).toEqual(Array.from({ length: uses }, () => 'good'))
    expect(await fates([bearer, old], [bearer, old])).toEqual(['invalid_grant', 'invalid_grant'])
    expect(lines.at(-1)).toMatchObject({ detail: 'a refresh token that was used came too often: nothing has ended' })
    const { refresh_token: third = '' } = await use(bearer, successor)
    // Each generation has a grace of its own.
    expect(await fates([bearer, successor])).toEqual(['good'])
    wait(31)
    expect(await fates([bearer, successor], [bearer, third])).toEqual(['invalid_grant', 'invalid_grant'])
  })

  // promise: G07
  it('over its number is still reuse after its time, or with another key', async () => {
    for (const [seconds, isForeign] of [
      [31, false],
      [0, true],
    ] as const) {
      const clients = { ...VARS.CLIENTS, pub: { ...VARS.CLIENTS.pub, refresh_token_grace_uses: 1 } }
      const { appOf, bearer, first, wait } = await setUp({ clients })
      const old = await first()
      const { refresh_token: successor = '' } = await use(bearer, old)
      expect(await fates([bearer, old], [bearer, old])).toEqual(['good', 'invalid_grant'])
      wait(seconds)
      expect(await fates([isForeign ? appOf(thief) : bearer, old], [bearer, successor])).toEqual([
        'invalid_grant',
        'invalid_grant',
      ])
    }
  })

  it.each([0, 201, 1.5, '10'])('of %j times is no setting', (refresh_token_grace_uses) => {
    const pub = { ...VARS.CLIENTS.pub, refresh_token_grace_uses: refresh_token_grace_uses as number }
    expect(() => testIssuer({ clients: { ...VARS.CLIENTS, pub } })).toThrow('refresh_token_grace_uses" expected')
  })
})
