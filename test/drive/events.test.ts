import { expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from '../../src/index.ts'
import { STEPS } from '../parties/drive/drive.ts'
import { driveBindings } from '../parties/drive/settings.ts'
import type { Ask } from '../parties/person.ts'
import { createReader } from '../parties/telling.ts'

/**
 * What is told at each step, each kind of it once: its type, and behind a colon why it was refused. Of what is there for everybody, and
 * of what no endpoint takes, nothing is told: nobody asked for anything that could be given or refused to them.
 */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'is healthy, whoever asks inside by whichever name': [],
  'tells the same of itself at both places, nothing to who knows it already, and keys, none of them private': [],
  'refuses a wrong secret, by a challenge': ['client.failed: wrong_secret', 'token.refused: wrong_secret'],
  'sends away what is too long, by another method, or nowhere': [],
  'refuses what was meant for another host, and what came without TLS': ['token.issued'],
  'lets pages of others ask for tokens, and for nothing of servers': ['token.introspected', 'token.issued'],
  'shows a page, that nobody frames, keeps or scripts, where an app cannot be told what is wrong': [
    'authorization.refused: redirect_uri',
  ],
  'gives a client a token that its API opens offline, by keys that it fetched before': [
    'keys.delivered',
    'token.issued',
  ],
  'gives a token that a partner opens by a key of its own, and by what is public': ['token.issued'],
  'takes a client’s own signature in place of a secret (RFC 7523)': ['token.issued'],
  'takes what an issuer signed that it trusts (RFC 7523)': ['token.issued'],
  'lets a person log in and allow, and gives the app tokens for its code (RFC 6749 §4.1)': [
    'consent.given',
    'login.succeeded',
    'token.introspected',
    'token.issued',
  ],
  'exchanges a person’s token for one of the API behind (RFC 8693)': [
    'consent.given',
    'login.succeeded',
    'token.issued',
  ],
  'asks nobody twice, and tells the app where somebody says no': [
    'consent.denied: person_denied',
    'consent.given',
    'login.succeeded',
  ],
  'spends nothing for what is wrong: the code is good afterwards (RFC 7636)': [
    'consent.given',
    'login.succeeded',
    'token.issued',
    'token.refused: pkce',
  ],
  'takes a request that was pushed, of whom that is asked by no other way (RFC 9126)': [
    'authorization.refused: not_pushed',
    'consent.given',
    'login.succeeded',
    'par.accepted',
    'token.issued',
  ],
  'gives a key its own tokens, which ask for a nonce first, and stay the key’s (RFC 9449)': [
    'consent.given',
    'login.succeeded',
    'token.introspected',
    'token.issued',
    'token.refused: dpop_nonce',
    'token.refused: wrong_key',
  ],
  'tells an app who logged in, signed, and says it again to its token (OpenID Connect Core)': [
    'consent.given',
    'login.succeeded',
    'token.issued',
    'userinfo.told',
  ],
  'tells a server what a token is for, by its word or signed, and nothing to another’s (RFC 7662, 9701)': [
    'client.failed: malformed',
    'token.introspected',
    'token.issued',
  ],
  'spends a code, a proof and an assertion once: of a hundred at once one is served, and a code that comes again ends what came of it':
    [
      'client.failed: assertion_replayed',
      'code.replayed: code_replayed',
      'consent.given',
      'login.succeeded',
      'token.issued',
      'token.refused: assertion_replayed',
      'token.refused: code_replayed',
      'token.refused: dpop_nonce',
      'token.refused: dpop_replayed',
      'token.refused: grant_ended',
    ],
  'advances an honest family, whoever serves it, be it a hundred times at once; and an old token ends it': [
    'consent.given',
    'login.succeeded',
    'refresh.reused: refresh_reused',
    'token.issued',
    'token.refused: grant_ended',
    'token.refused: refresh_reused',
  ],
  'ends what is taken back, and with a logout the session, its copies, and what came of it (RFC 7009, OpenID Connect RP-Initiated Logout)':
    [
      'authorization.refused: login_required',
      'consent.given',
      'login.succeeded',
      'session.ended',
      'token.introspected',
      'token.issued',
      'token.refused: grant_ended',
      'token.revoked',
    ],
  'keeps what a device asks for until a person answers elsewhere, and gives its tokens for that (RFC 8628)': [
    'consent.given',
    'device.started',
    'login.succeeded',
    'token.introspected',
    'token.issued',
    'token.refused: device_pending',
  ],
}

/** An issuer that tells what happens, of which each step goes on where the one before it left. */
const [ask, take] = ((): [Ask, ReturnType<typeof createReader>['take']] => {
  const { onEvent, take } = createReader()
  const issuer = createIssuer({
    ...readBindings(driveBindings()),
    guard: createMemoryGuard(undefined, { single: true }),
    revocations: createMemoryRevocations('salt', () => Date.now(), { single: true }),
    log: () => {},
    onEvent,
  })
  return [(request) => issuer.fetch(request), take]
})()

it('knows every step of the drive', () => {
  expect(STEPS.map(([promise]) => promise)).toEqual(Object.keys(TOLD))
})

it.each(STEPS)('events tell of it: %s', async (promise, run) => {
  await run(ask)
  const events = await take()
  const lines = events.map(({ type, reason }) => (reason === undefined ? type : `${type}: ${reason}`))
  expect([...new Set(lines)].sort()).toEqual(TOLD[promise])
  expect(events.filter(({ outcome, reason }) => (outcome === 'ok') !== (reason === undefined))).toEqual([])
  expect(events.filter(({ request, ms }) => request === undefined || ms === undefined)).toEqual([])
})
