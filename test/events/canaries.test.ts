import { expect, it } from 'vitest'
import {
  createIssuer,
  createMemoryGuard,
  createMemoryRevocations,
  type IssuerEvent,
  readBindings,
} from '../../src/index.ts'
import { SECRETS, tokenRequest } from '../fixtures.ts'
import { drive } from '../parties/drive/drive.ts'
import { driveBindings } from '../parties/drive/settings.ts'
import type { Ask } from '../parties/person.ts'
import { formRequest, getRequest } from '../parties/servers.ts'

/** Parameters and members that open something, prove something, or say something of a person. */
const SECRET =
  /^(?:.*token|.*code|code_verifier|code_challenge|client_secret|.*assertion|state|nonce|request|request_uri|user_code|login|name|email|csrf|k|d)$/

/** What is met on the way that nobody may read in an event, by the kind of it. */
type Canaries = Map<string, Set<string>>

function note(canaries: Canaries, kind: string, value: string): void {
  // A grant type or a token's type is a word of the protocol, and a short text stands in others by chance.
  if (value.length < 8 || value.startsWith('urn:') || value.startsWith('authorization_')) return
  canaries.set(kind, (canaries.get(kind) ?? new Set()).add(value))
}

function noteParameters(canaries: Canaries, parameters: URLSearchParams): void {
  for (const [name, value] of parameters) if (SECRET.test(name)) note(canaries, name, value)
}

/** Notes what stands in a URL: its query as a whole, and what of it is a secret. */
function noteUrl(canaries: Canaries, url: URL): void {
  if (url.search.length > 1) note(canaries, 'query', url.search.slice(1))
  noteParameters(canaries, url.searchParams)
}

function noteHeaders(canaries: Canaries, headers: Headers): void {
  for (const [name, value] of headers) {
    if (['authorization', 'dpop', 'dpop-nonce'].includes(name)) note(canaries, name, value.replace(/^\w+ /, ''))
    if (name === 'cookie' || name === 'set-cookie')
      for (const part of value.split(/[;,] ?/)) note(canaries, name, part.split('=').slice(1).join('='))
  }
}

/** Notes all of what goes in and out that an event may not repeat. */
function watching(ask: Ask, canaries: Canaries): Ask {
  return async (request) => {
    noteUrl(canaries, new URL(request.url))
    noteHeaders(canaries, request.headers)
    noteParameters(canaries, new URLSearchParams(await request.clone().text()))
    const answer = await ask(request)
    noteHeaders(canaries, answer.headers)
    const location = answer.headers.get('location')
    if (location !== null && URL.canParse(location)) noteUrl(canaries, new URL(location))
    const text = await answer.clone().text()
    for (const [, name = '', value = ''] of text.matchAll(/"(\w+)":"([^"]+)"/g))
      if (SECRET.test(name)) note(canaries, name, value)
    for (const [, name = '', value = ''] of text.matchAll(/name="(\w+)" value="([^"]+)"/g))
      if (SECRET.test(name)) note(canaries, name, value)
    return answer
  }
}

// promise: I09
it('no event repeats a token, code, secret, assertion, proof, cookie, state, claim, query or key, in all that an issuer does', async () => {
  const told: IssuerEvent[] = []
  const canaries: Canaries = new Map()
  const bindings = driveBindings()
  const issuer = createIssuer({
    ...readBindings(bindings),
    ...{ guard: createMemoryGuard(), revocations: createMemoryRevocations('salt'), log: () => {} },
    onEvent: (event) => void told.push(event),
  })
  const ask = watching((request) => issuer.fetch(request), canaries)
  expect(await drive(ask)).toEqual([])
  // What stands where it does not belong, and is refused.
  const stray = 'stray-canary-of-36-characters-0123456'
  await ask(tokenRequest({ form: { grant_type: stray, scope: stray, resource: `https://${stray}.example` } }))
  await ask(formRequest('/introspect', 'api-server', { token: stray, token_type_hint: stray }))
  await ask(formRequest('/revoke', 'service', { token: stray }))
  for (const kind of ['sub', 'client', 'grant', 'kid', 'resource', stray])
    await ask(formRequest('/revocations', 'operator', { kind, value: `${stray} ${stray}` }))
  await ask(getRequest(`/keys?resource=${stray}`, 'api-server'))
  await ask(getRequest('/userinfo', undefined, { authorization: `Bearer ${stray}` }))
  for (const secret of Object.values(SECRETS)) note(canaries, 'secret', secret)
  for (const root of JSON.parse(String(bindings['KEY_RING'])).roots) note(canaries, 'ring', root.k)
  note(canaries, 'stray', stray)
  await new Promise((resolve) => setTimeout(resolve, 20))

  const kinds = ['access_token', 'refresh_token', 'id_token', 'code', 'device_code', 'client_assertion', 'assertion']
  expect([...canaries.keys()]).toEqual(
    expect.arrayContaining([...kinds, 'authorization', 'dpop', 'cookie', 'set-cookie', 'query', 'ring', 'secret']),
  )
  // How many of a code that comes a hundred times at once are told as replayed hangs on the runtime: its grant has soon ended.
  expect(told.length).toBeGreaterThan(300)
  const text = told.map((event) => JSON.stringify(event)).join('\n')
  const seen = [...canaries].flatMap(([kind, values]) =>
    [...values].filter((value) => text.includes(value)).map(() => kind),
  )
  expect(seen).toEqual([])
})
