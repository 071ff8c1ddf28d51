import { describe, expect, it } from 'vitest'
import type { IssuerSettings, LogEntry } from '../../src/index.ts'
import { API, API2, NOW, PARTNER_KEY, secretHash } from '../house.ts'
import { APP_SECRET, createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { VERIFIER } from '../parties/person.ts'

const HANDED = { scopes: ['read'], provider_token: 'github', provider_scope: 'repo' }
const { d: _, ...partner } = PARTNER_KEY

/** An issuer whose log is read, and whose provider gives tokens of any length. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  const logs: LogEntry[] = []
  const given = createTestProvider()
  const there = createHandOver(given, { log: (entry) => logs.push(entry), ...changes })
  return {
    ...there,
    logs,
    give(accessToken: string, more: object = {}) {
      given.tokens = { accessToken, scope: ['repo'], ...more }
    },
  }
}

/** Returns the codes and details that the log has of something. */
const saidOf = (logs: readonly LogEntry[], event: string): readonly unknown[] =>
  logs.filter((entry) => entry.event === event && entry.level !== 'info').map(({ code, detail }) => [code, detail])

describe('an access token that carries one of a provider', () => {
  it('has 4,096 characters at the most, and the whole of it; one that would be longer fails at the login', async () => {
    let [fits, tooLong] = [1000, 4000]
    let longest = 0
    while (tooLong - fits > 1) {
      const length = Math.floor((fits + tooLong) / 2)
      const there = setUp()
      there.give('x'.repeat(length))
      const landed = await there.authorize()
      if (landed.protocol === 'page:') {
        expect([landed.href, saidOf(there.logs, 'login')]).toEqual([
          'page:400',
          [['login_failed', expect.stringMatching(`would have 4\\d{3} characters.* has ${length}$`)]],
        ])
        tooLong = length
        continue
      }
      const code = landed.searchParams.get('code') ?? ''
      const { access_token } = await there.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
      expect(access_token.length).toBeLessThanOrEqual(4096)
      expect((await there.open(access_token)).providerToken).toHaveLength(length)
      longest = Math.max(longest, access_token.length)
      fits = length
    }
    expect(longest).toBeGreaterThan(4090)
  })

  it.each([
    ['sealed under a leaf', HANDED, {}, 2000, 'code'],
    [
      'signed, and sealed to a key of its own',
      { ...HANDED, envelope: 'nested', jwks: { keys: [partner] } },
      {},
      2000,
      'page',
    ],
    ['that may be meant', HANDED, { resource: undefined }, 3000, 'page'],
    ['that is not asked for', HANDED, { resource: API2, scope: 'mail' }, 3000, 'code'],
  ] as const)('is measured as it is sealed for the API: %s', async (_, resource, asked, length, outcome) => {
    const there = setUp({ resources: { [API]: resource, [API2]: { scopes: ['mail'] } } as never })
    there.give('x'.repeat(length))
    const landed = await there.authorize({ resource: API, ...asked })
    expect(landed.searchParams.has('code') ? 'code' : landed.protocol.slice(0, 4)).toBe(outcome)
  })

  it('is measured for the APIs that details are for, too, whatever "resource" names beside them', async () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false } as const
    const there = setUp({
      authorizationDetailsTypes: { import: { name: 'Import', resources: [API], schema } },
      clients: {
        app: {
          secret_hash: secretHash(APP_SECRET),
          grant_types: ['authorization_code'],
          redirect_uris: ['https://app.example/cb'],
          resources: [API, API2],
          scopes: ['mail'],
          authorization_details_types: ['import'],
        },
      },
    })
    there.give('x'.repeat(3000))
    const asked = { resource: API2, scope: 'mail', authorization_details: '[{"type":"import"}]' }
    expect((await there.authorize(asked)).href).toBe('page:400')
    expect(saidOf(there.logs, 'login')).toEqual([['login_failed', expect.stringContaining('may have 4096')]])
    there.give('x'.repeat(1500))
    expect((await there.authorize(asked)).searchParams.has('code')).toBe(true)
  })

  it.each([
    ['a space', 'two words', {}],
    ['a line', 'a\r\nb: c', {}],
    ['a letter beyond ASCII', 'tökèn', {}],
    ['nothing', '', {}],
    ['a control character in what refreshes it', 'good', { refreshToken: 'a\u0000b' }],
    ['too much in what refreshes it', 'good', { refreshToken: 'x'.repeat(5000) }],
    ['an end that is there already', 'good', { expiresAt: NOW + 9 }],
    ['more scope than can be kept', 'good', { scope: ['repo', 'x'.repeat(5000)] }],
  ])('is not made of what no provider can be shown: %s', async (_, accessToken, more) => {
    const there = setUp()
    there.give(accessToken, more)
    expect((await there.authorize()).href).toBe('page:400')
    expect(saidOf(there.logs, 'login')).toEqual([['login_failed', expect.stringContaining('of the provider')]])
  })

  it('that would be too long for what else it says sends the app to log in anew, and spends nothing', async () => {
    let tenant = ''
    const there = setUp({ claims: () => ({ tenant }) })
    there.give('x'.repeat(2000))
    const code = (await there.authorize()).searchParams.get('code') ?? ''
    const redeem = () => there.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    for (const length of [1000, 6000]) {
      tenant = 'x'.repeat(length)
      expect(await redeem()).toMatchObject({ error: 'invalid_grant' })
    }
    expect(saidOf(there.logs, 'token')).toEqual([
      ['invalid_grant', expect.stringContaining('may have 4096')],
      ['invalid_grant', expect.stringContaining('would have too many characters')],
    ])
    tenant = 'blue'
    const answer = await redeem()
    const refresh = () => there.token({ grant_type: 'refresh_token', refresh_token: answer.refresh_token })
    tenant = 'x'.repeat(1000)
    expect(await refresh()).toMatchObject({ error: 'invalid_grant' })
    tenant = 'blue'
    expect((await there.open((await refresh()).access_token)).providerToken).toHaveLength(2000)
  })
})
