import { expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerEvent } from '../../src/index.ts'
import { API, ISSUER, NOW, testRing, tokenRequest } from '../fixtures.ts'
import { authorizeUrl, createApp, createBrowser, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { createTelling } from '../parties/telling.ts'

/** Somebody who has the lines of events, and nothing else. */
function readLines(lines: readonly string[]) {
  const events = lines.map((line) => JSON.parse(line) as IssuerEvent)
  return {
    /** Who got a token for what, when, through which client? */
    tokens: () =>
      events
        .filter(({ type }) => type === 'token.issued')
        .map(({ time, subject, client, grant, resource, scope }) => [time, subject, client, grant, resource, scope]),
    /** Why was this request refused? */
    why: (id: string | null) =>
      events
        .filter(({ request, outcome }) => request === id && outcome !== 'ok')
        .map(({ client, reason }) => [client, reason])
        .at(-1),
    /** Was a code used twice, whose, through which client, and how many tokens had come of it? */
    replays: () =>
      events
        .filter(({ type }) => type === 'code.replayed')
        .map(({ time, client, subject, request, gid }) => {
          const tokens = events.filter((event) => event.type === 'token.issued' && event.gid === gid)
          return [time, client, subject, request, tokens.length]
        }),
    /** What happened between this person and a client? */
    history: (whom: string | undefined, of: string) =>
      events.filter(({ subject, client }) => subject === whom && client === of).map(({ type }) => type),
  }
}

it('from the events alone a stranger tells who got a token for what, when, through which client, why something was refused, and which code was used twice', async () => {
  let now = NOW
  const telling = createTelling({
    now: () => now,
    guard: createMemoryGuard(() => now, { single: true }),
    revocations: createMemoryRevocations('salt'),
  })
  const { ask, take } = telling
  const later = (): string => {
    now += 10
    return new Date(now * 1000).toISOString()
  }
  const web = createApp(ask, { client: 'web' })

  const bought = later()
  const answer = await createPerson(ask, { now: () => now }).answer('allow', REQUESTS['web'])
  const code = answer.searchParams.get('code') ?? ''
  const { refresh_token = '' } = await readAnswer(await web.redeem(code))
  const nightly = later()
  await ask(tokenRequest())
  later()
  await createPerson(ask, { now: () => now, name: 'bob' }).answer('deny', REQUESTS['pub'])
  const stolen = later()
  const thief = await web.redeem(code)
  later()
  const after = await web.refresh(refresh_token)
  const misled = await createBrowser(ask).get(
    authorizeUrl({ ...REQUESTS['web'], redirect_uri: 'https://evil.example/' }),
  )
  const stranger = readLines((await take()).map((event) => JSON.stringify(event)))

  // Whoever has the ring tells what these people are called.
  const { eventName } = createKeyring(testRing(NOW), ISSUER)
  const [alice, service] = [eventName('alice', NOW), eventName('client:service', NOW)]
  expect(stranger.tokens()).toEqual([
    [bought, alice, 'web', 'authorization_code', API, 'read'],
    [nightly, service, 'service', 'client_credentials', API, expect.stringContaining('read')],
  ])
  expect(stranger.why(thief.headers.get('request-id'))).toEqual(['web', 'code_replayed'])
  expect(stranger.why(after.headers.get('request-id'))).toEqual(['web', 'grant_ended'])
  expect(stranger.why(misled.headers.get('request-id'))).toEqual(['web', 'redirect_uri'])
  expect(stranger.replays()).toEqual([[stolen, 'web', alice, thief.headers.get('request-id'), 1]])
  expect(stranger.history(alice, 'web')).toEqual(
    expect.arrayContaining(['login.succeeded', 'consent.given', 'token.issued']),
  )
  expect(stranger.history(eventName('bob', NOW), 'pub')).toEqual(['login.succeeded', 'consent.denied'])
})
