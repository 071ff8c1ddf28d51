/**
 * Relying parties that other people wrote, unmodified: each logs a person in, and says who it is.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import {
  type RelyingParty,
  type RunningParties,
  SAID,
  sends,
  startParties,
  WAYS,
  type Way,
} from '../parties/relying_party.ts'
import { createVisitor, type Visitor } from '../parties/visitor.ts'
import { arcticClient } from './relying_parties/arctic.ts'
import { authJs, authJsByUserinfo } from './relying_parties/auth_core.ts'
import { authlib } from './relying_parties/authlib_in_flask.ts'
import { betterAuthClient } from './relying_parties/better_auth.ts'
import { expressByFormPost, expressOpenidConnect } from './relying_parties/express_openid_connect.ts'
import { guideBy } from './relying_parties/guide.ts'
import { honoOidcAuth } from './relying_parties/hono_oidc_auth.ts'
import { nextAuthAsItComes, nextAuthByUserinfo, nextAuthWithPkce } from './relying_parties/next_auth.ts'
import { openidClient } from './relying_parties/openid_client.ts'
import { passportByUserinfo, passportOpenidconnect } from './relying_parties/passport_openidconnect.ts'
import { shows } from './shows.ts'

const PARTIES: Readonly<Record<string, RelyingParty>> = {
  'openid-client 6': openidClient,
  'next-auth 4, which is openid-client 5, as it comes': nextAuthAsItComes,
  'next-auth 4 with PKCE': nextAuthWithPkce,
  'next-auth 4 with PKCE, by userinfo': nextAuthByUserinfo,
  '@auth/core': authJs,
  '@auth/core, by userinfo': authJsByUserinfo,
  'passport-openidconnect': passportOpenidconnect,
  'passport-openidconnect, by userinfo': passportByUserinfo,
  'express-openid-connect': expressOpenidConnect,
  arctic: arcticClient,
  'better-auth with genericOAuth': betterAuthClient,
  '@hono/oidc-auth': honoOidcAuth,
  Authlib: authlib,
  'the app that the docs show': guideBy(blockOf('openid-app')),
}

/** To whom the answer is posted: no address shows it, so that the attacks below are not theirs. */
const POSTED: Readonly<Record<string, RelyingParty>> = { 'express-openid-connect, by form_post': expressByFormPost }

let running: RunningParties
beforeAll(async () => {
  running = await startParties({ ...PARTIES, ...POSTED })
}, 60_000)
afterAll(() => running?.stop())

/** Returns what the relying party says of who is logged in. */
async function hear(visitor: Visitor, origin: string): Promise<unknown> {
  const { text } = await visitor.visit(`${origin}/me`)
  return JSON.parse(text)
}

/** Returns where the issuer sends a person who logs in: the relying party has not been told. */
async function answerTo(visitor: Visitor, origin: string, { login, callback }: RelyingParty): Promise<URL> {
  const { url } = await visitor.visit(origin + login, (at) => (isCallback(at, origin, callback) ? undefined : at))
  expect([url.searchParams.has('code'), url.searchParams.has('state')]).toEqual([true, true])
  return url
}

/** Goes as far as the relying party's word on an answer of the issuer, and does not begin anew. */
function upToItsWord(origin: string, { callback }: RelyingParty): (url: URL) => URL | undefined {
  let isAnswered = false
  return (url) => {
    if (isAnswered && url.pathname !== '/me') return undefined
    isAnswered ||= isCallback(url, origin, callback)
    return url
  }
}

const isCallback = (url: URL, origin: string, callback: string): boolean =>
  url.origin === origin && url.pathname === callback

const CHECKS = ['state', 'nonce', 'pkce'] as const

const all = Object.entries(PARTIES)

describe.each([...all, ...Object.entries(POSTED)])('%s', (name, party) => {
  it.each(Object.keys(WAYS) as Way[])('knows who logged in, by %s', async (way) => {
    const origin = running.originOf(name, way)
    const visitor = createVisitor()
    expect(await hear(visitor, origin)).toEqual({})
    const asked: Record<string, string>[] = []
    const end = await visitor.visit(origin + party.login, (url) => {
      if (url.pathname === '/authorize') asked.push(Object.fromEntries(url.searchParams))
      return url
    })
    expect([end.url.origin, end.status]).toEqual([origin, 200])
    // It is what it is said to be here: so the others below are asked what they can answer.
    const { state, nonce, code_challenge: pkce } = asked[0] ?? {}
    const sent = Object.entries({ state, nonce, pkce }).filter(([, value]) => value !== undefined)
    expect(sent.map(([check]) => check)).toEqual(CHECKS.filter((check) => sends(party, check)))
    expect(await hear(visitor, origin)).toEqual(way === 'a thin ID token' ? (party.thin ?? SAID) : SAID)
  })
})

describe.each(all)('%s', (name, party) => {
  it('logs nobody in by the answer to a login in another browser', async () => {
    const origin = running.originOf(name, 'RS256')
    const [visitor, other] = [createVisitor(), createVisitor()]
    await answerTo(visitor, origin, party)
    await visitor.visit((await answerTo(other, origin, party)).href, upToItsWord(origin, party))
    expect(await hear(visitor, origin)).toEqual({})
  })
})

describe.each(all.filter(([, party]) => sends(party, 'nonce', 'pkce')))('%s', (name, party) => {
  it('logs nobody in by the code of another login (RFC 9700 §4.5)', async () => {
    const origin = running.originOf(name, 'RS256')
    const [visitor, other] = [createVisitor(), createVisitor()]
    const answer = await answerTo(visitor, origin, party)
    const { searchParams } = await answerTo(other, origin, party)
    answer.searchParams.set('code', searchParams.get('code') ?? '')
    await visitor.visit(answer.href, upToItsWord(origin, party))
    expect(await hear(visitor, origin)).toEqual({})
  })
})

describe.each(all.filter(([, party]) => sends(party, 'nonce')))('%s', (name, party) => {
  it('logs nobody in by an ID token with another nonce (OpenID Connect Core §3.1.3.7)', async () => {
    const origin = running.originOf(name, 'RS256')
    const visitor = createVisitor()
    const detour = upToItsWord(origin, party)
    const changed: string[] = []
    await visitor.visit(origin + party.login, (url) => {
      if (isCallback(url, origin, party.callback) && url.searchParams.has('code')) changed.push('answered')
      if (url.origin === running.issuer && url.searchParams.has('nonce')) {
        url.searchParams.set('nonce', 'another')
        changed.push('asked')
      }
      return detour(url)
    })
    // The issuer saw nothing wrong with it.
    expect([changed[0], changed.at(-1)]).toEqual(['asked', 'answered'])
    expect(await hear(visitor, origin)).toEqual({})
  })
})

describe.each(all.filter(([, party]) => party.refreshes))('%s', (name, party) => {
  it.each(Object.keys(WAYS) as Way[])('knows the same person after a refresh, by %s', async (way) => {
    const origin = running.originOf(name, way)
    const visitor = createVisitor()
    await visitor.visit(origin + party.login)
    running.grants.length = 0
    await visitor.visit(`${origin}/refresh`)
    expect(running.grants).toContain('refresh_token')
    expect(await hear(visitor, origin)).toEqual(way === 'a thin ID token' ? (party.thin ?? SAID) : SAID)
  })
})

describe.each(all.filter(([, party]) => party.logout !== undefined))('%s', (name, party) => {
  it('logs out here and at the issuer, and comes back (OpenID Connect RP-Initiated Logout §2)', async () => {
    const origin = running.originOf(name, 'RS256')
    const visitor = createVisitor()
    /** Logs in, and tells whether the issuer asked who it is. */
    async function isAsked(): Promise<boolean> {
      const seen: string[] = []
      await visitor.visit(origin + party.login, (url) => {
        seen.push(url.href)
        return url
      })
      return seen.includes(`${running.issuer}/login`)
    }
    expect([await isAsked(), await isAsked()]).toEqual([true, false])
    const { url } = await visitor.visit(origin + party.logout)
    expect([url.href, await hear(visitor, origin)]).toEqual([`${origin}/`, {}])
    expect(await isAsked()).toBe(true)
  })
})

describe.each(all.filter(([, party]) => party.backchannelLogout !== undefined))('%s', (name, party) => {
  it('hears that a person logged out at the issuer (OpenID Connect Back-Channel Logout §2.5)', async () => {
    const origin = running.originOf(name, 'RS256')
    const visitor = createVisitor()
    await visitor.visit(origin + party.login)
    expect(await hear(visitor, origin)).toEqual(SAID)
    await visitor.visit(`${running.issuer}/logout`)
    await expect.poll(() => hear(visitor, origin), { timeout: 10_000 }).toEqual({})
  })
})

/** Returns the packages of these parties, each once; the app that the docs show is none. */
function clientsOf(parties: readonly (readonly [string, RelyingParty])[]): readonly string[] {
  const packages = parties.map(([name]) => name.split(/[ ,]/)[0]?.replace(/^Authlib$/, 'python3-authlib'))
  return [...new Set(packages)].filter((one) => one !== 'the').toSorted() as string[]
}

it('the reference says of each what is tried above', () => {
  const having = (member: 'logout' | 'backchannelLogout') => all.filter(([, party]) => party[member] !== undefined)
  expect(clientsOf(all)).toEqual(
    shows(
      [
        '@auth/core',
        '@hono/oidc-auth',
        'arctic',
        'better-auth',
        'express-openid-connect',
        'next-auth',
        'openid-client',
        'passport-openidconnect',
        'python3-authlib',
      ],
      'login',
    ),
  )
  expect(clientsOf(all.filter(([, party]) => sends(party, 'pkce')))).toEqual(
    shows(
      [
        '@auth/core',
        '@hono/oidc-auth',
        'arctic',
        'better-auth',
        'express-openid-connect',
        'next-auth',
        'openid-client',
        'python3-authlib',
      ],
      'with PKCE',
    ),
  )
  expect(clientsOf(all.filter(([, party]) => party.refreshes))).toEqual(
    shows(
      ['@hono/oidc-auth', 'arctic', 'better-auth', 'express-openid-connect', 'openid-client', 'python3-authlib'],
      'refresh',
    ),
  )
  expect(clientsOf(having('logout'))).toEqual(
    shows(['better-auth', 'express-openid-connect', 'openid-client'], 'logout'),
  )
  expect(clientsOf(having('backchannelLogout'))).toEqual(shows(['express-openid-connect'], 'hears of logouts'))
})

it('the docs say of each what its client needs', async () => {
  const page = await readFile(join(ROOT, 'docs/guides/openid.md'), 'utf8')
  const { 'the app that the docs show': _, ...libraries } = PARTIES
  for (const [name, party] of Object.entries(libraries)) {
    const [library = ''] = name.split(/[ ,]/)
    const [, needed = ''] = new RegExp(`^\\| ${library}\\b[^|]*\\|([^|]*)\\|`, 'm').exec(page) ?? []
    expect([name, needed]).toEqual([name, expect.stringMatching(/\w/)])
    if (!sends(party, 'pkce')) expect([name, needed]).toEqual([name, expect.stringContaining('pkce = "optional"')])
    if (party.thin !== undefined) expect([name, needed]).toEqual([name, expect.stringContaining('id_token_claims')])
  }
})
