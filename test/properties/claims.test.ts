import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CLAIMS_OF_SCOPES } from '../../src/openid/openid.ts'
import { API } from '../fixtures.ts'
import { ALICE, claimsOf, createProvider } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'
import { openSealed } from '../parties/sealed.ts'

type Claims = Readonly<Record<string, unknown>>

const USERINFO = 'https://as.example/userinfo'
const OWN: Readonly<Record<string, readonly string[]>> = { work: ['groups', 'roles', 'email'], shoes: ['shoe_size'] }
const OF_SCOPES: Readonly<Record<string, readonly string[]>> = { ...CLAIMS_OF_SCOPES, ...OWN }
const NAMES = [...new Set(Object.values(OF_SCOPES).flat())]
/** All of whom everything is known, with words that stand nowhere else. */
const PERSON: Claims = {
  ...ALICE,
  preferred_username: 'allie',
  groups: ['staff'],
  roles: ['editor'],
  shoe_size: '38-narrow',
}

/** The settings, the person, and the request, as they may be. */
const cases = fc.record({
  /** The names that the settings tell, and tell later. */
  told: fc.subarray(NAMES, { minLength: 1 }),
  later: fc.subarray(NAMES, { minLength: 1 }),
  /** What is known of the person. */
  known: fc.subarray(Object.keys(PERSON)),
  scope: fc
    .subarray([...Object.keys(OF_SCOPES), 'openid', 'read'])
    .filter((scope) => scope.some((one) => ['openid', 'read'].includes(one))),
  narrowed: fc.subarray(Object.keys(OF_SCOPES)),
  userinfo: fc.subarray([...NAMES, 'password', 'sub']),
  idToken: fc.subarray([...NAMES, 'password']),
  isThick: fc.boolean(),
  isLive: fc.boolean(),
})

const asMembers = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]))
const own = (claims: Claims) => Object.keys(claims).filter((name) => NAMES.includes(name) || name === 'password')

it('no claim is in a session, code, token or answer, but what scope or claims asked for, what may be told, and what is known', async () => {
  let seen = 0
  await fc.assert(
    fc.asyncProperty(cases, async ({ told, later, known, scope, narrowed, userinfo, idToken, isThick, isLive }) => {
      const person = Object.fromEntries(known.map((name) => [name, PERSON[name]]))
      const scopes = Object.fromEntries(
        Object.entries(OWN)
          .map(([token, names]) => [token, names.filter((name) => told.includes(name))] as const)
          .filter(([, names]) => names.length > 0),
      )
      const live = isLive ? { profile: () => ({ ...person, password: 'x' }) } : {}
      const all = ['openid', ...Object.keys(CLAIMS_OF_SCOPES), ...Object.keys(scopes), 'read']
      const changes = {
        person: { claims: { ...person, password: 'x' } },
        rp: { resources: [API], scopes: all, id_token_claims: isThick },
      }
      const provider = createProvider({ ...changes, openid: { claims: told, scopes, ...live } })
      // Without openid the others mean nothing, and are refused.
      const isOpenid = scope.includes('openid')
      const wanted = isOpenid ? scope.filter((token) => all.includes(token)) : ['read']
      const claims = JSON.stringify({ userinfo: asMembers(userinfo), id_token: asMembers(idToken) })
      const location = await provider.authorize({ scope: wanted.join(' '), ...(isOpenid ? { claims } : {}) })
      const code = location.searchParams.get('code') ?? ''
      expect(location.href).toContain('code=')

      /** What may be told for these scope tokens and names; nothing without openid. */
      const allowed = (tokens: readonly string[], names: readonly string[], may = told): ReadonlySet<string> => {
        const asked = [...tokens.flatMap((token) => OF_SCOPES[token] ?? []), ...names]
        return new Set(isOpenid ? asked.filter((name) => may.includes(name) && known.includes(name)) : [])
      }
      const inUserinfo = allowed(wanted, userinfo)
      const inIdToken = allowed(isThick ? wanted : [], idToken)
      const inCode = isLive ? new Set() : new Set([...inUserinfo, ...allowed(wanted, idToken)])

      const session = await openSealed('session', provider.browser.cookies.get('__Host-bulla-session') ?? '')
      expect(new Set(own((session['claims'] ?? {}) as Claims))).toEqual(
        new Set(isLive ? [] : told.filter((name) => known.includes(name))),
      )
      expect(new Set(own(((await openSealed('code', code))['claims'] ?? {}) as Claims))).toEqual(inCode)

      const first = await provider.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
      const { refresh_token = '' } = first
      expect(new Set(own(((await openSealed('refresh', refresh_token))['claims'] ?? {}) as Claims))).toEqual(inCode)
      expect(new Set(own(claimsOf(first.id_token ?? `.${btoa('{}')}.`)))).toEqual(isOpenid ? inIdToken : new Set())
      expect(JSON.stringify({ ...first, id_token: '', refresh_token: '', access_token: '' })).not.toMatch(
        /allie|people\.example|staff|38-narrow/,
      )
      if (!isOpenid) return

      const askUserinfo = async (of: typeof provider, token: string): Promise<ReadonlySet<string>> =>
        new Set(own((await (await of.userinfo(token)).json()) as Claims))
      const again = await provider.token({ grant_type: 'refresh_token', refresh_token, resource: USERINFO })
      expect(await askUserinfo(provider, again.access_token)).toEqual(inUserinfo)
      seen += inUserinfo.size + inIdToken.size
      // Less scope, less told.
      const left = ['openid', ...narrowed.filter((token) => wanted.includes(token))]
      const less = await provider.token({
        grant_type: 'refresh_token',
        refresh_token,
        resource: USERINFO,
        scope: left.join(' '),
      })
      expect(await askUserinfo(provider, less.access_token)).toEqual(allowed(left, userinfo))
      expect(new Set(own(claimsOf(less.id_token)))).toEqual(allowed(isThick ? left : [], idToken))
      // What the settings tell no more nobody is told, by what was sealed before.
      const fewer = later.filter((name) => told.includes(name))
      const after = createProvider({
        ...changes,
        rp: { ...changes.rp, scopes: ['openid', ...Object.keys(CLAIMS_OF_SCOPES), 'read'] },
        openid: { claims: fewer, ...live },
      })
      const kept = wanted.filter((token) => !(token in OWN))
      for (const name of await askUserinfo(after, again.access_token))
        expect(allowed(wanted, userinfo, fewer)).toContain(name)
      const late = await after.token({
        grant_type: 'refresh_token',
        refresh_token,
        resource: USERINFO,
        scope: kept.join(' '),
      })
      expect(await askUserinfo(after, late.access_token)).toEqual(allowed(kept, userinfo, fewer))
      expect(new Set(own(claimsOf(late.id_token)))).toEqual(allowed(isThick ? kept : [], idToken, fewer))
    }),
    { numRuns: 60, endOnFailure: true },
  )
  expect(seen).toBeGreaterThan(50)
}, 120_000)
