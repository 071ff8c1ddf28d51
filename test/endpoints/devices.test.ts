import { describe, expect, it } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, SECRETS, testIssuer, VARS } from '../fixtures.ts'
import {
  createDevice,
  type createOwner,
  DEVICE_CLIENTS,
  DEVICE_CODE,
  type DeviceAnswer,
  setUpDevices,
} from '../parties/device.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import { createApp, createBrowser, hiddenField, readAnswer } from '../parties/person.ts'

const errorOf = async (response: Response): Promise<unknown> => [response.status, (await readAnswer(response)).error]

describe('a device that asks for a code', () => {
  it('gets one to show, one to ask by, and where the person goes, for ten minutes (RFC 8628 §3.2)', async () => {
    const response = await setUpDevices().device.begin()
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const answer = (await response.json()) as DeviceAnswer
    expect(answer).toEqual({
      device_code: expect.stringMatching(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${ISSUER}/device`,
      verification_uri_complete: `${ISSUER}/device?user_code=${answer.user_code}`,
      expires_in: 600,
      interval: 5,
    })
  })

  it('gets another where its code is taken, and 503 where all are', async () => {
    const guard = createMemoryGuard(() => NOW)
    let taken = 3
    const names: string[] = []
    const leave: typeof guard.leave = async (name, ...rest) => {
      names.push(name)
      return taken-- > 0 ? 'taken' : guard.leave(name, ...rest)
    }
    const { device } = setUpDevices({ guard: { ...guard, leave } })
    expect((await device.start()).user_code.replace('-', '')).toBe(names.at(-1)?.replace('device ', ''))
    expect([names.length, new Set(names).size]).toEqual([4, 4])
    taken = 100
    expect(await errorOf(await device.begin())).toEqual([503, 'temporarily_unavailable'])
  })

  it.each([
    ['an unknown client', 'unknown', {}, 401, 'invalid_client'],
    ['a client without the grant type', 'nat', {}, 400, 'unauthorized_client'],
    ['more scope than it may have', 'pub', { scope: 'read admin' }, 400, 'invalid_scope'],
    ['another resource', 'pub', { resource: 'https://api2.example' }, 400, 'invalid_target'],
    [
      'an unknown type of details',
      'pub',
      { authorization_details: '[{"type":"x"}]' },
      400,
      'invalid_authorization_details',
    ],
    [
      'more than an envelope of 2,048 characters',
      'pub',
      { authorization_details: payment('x'.repeat(70), 10) },
      400,
      'invalid_request',
    ],
  ])('is refused as %s', async (_, client, changes, status, code) => {
    const { ask } = setUpDevices()
    expect(await errorOf(await createDevice(ask, client).begin(changes))).toEqual([status, code])
  })

  it('is refused with a wrong secret, and by GET, in a query, or too long', async () => {
    const { ask } = setUpDevices()
    const url = `${ISSUER}/device_authorization`
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const wrong = { ...form, headers: { ...form.headers, authorization: basic('web', 'wrong') }, body: 'scope=read' }
    expect((await ask(new Request(url, wrong))).status).toBe(401)
    expect((await ask(new Request(url))).status).toBe(405)
    expect((await ask(new Request(`${url}?client_id=pub`, { ...form, body: 'client_id=pub' }))).status).toBe(400)
    expect((await ask(new Request(url, { ...form, body: `x=${'x'.repeat(16_384)}` }))).status).toBe(413)
  })

  it('is told 429 where its client got too many at its address; the hook knows both', async () => {
    const asked: unknown[] = []
    const allowDevice = async (request: Request, client: string): Promise<boolean> => {
      asked.push([request.headers.get('x-forwarded-for'), client])
      return asked.length < 2
    }
    const { ask } = setUpDevices({ allowDevice })
    const device = createDevice((request) => {
      request.headers.set('x-forwarded-for', '192.0.2.1')
      return ask(request)
    })
    expect((await device.begin()).status).toBe(200)
    const refused = await device.begin()
    expect([refused.headers.get('retry-after'), await errorOf(refused)]).toEqual(['60', [429, 'slow_down']])
    expect(asked).toEqual([
      ['192.0.2.1', 'pub'],
      ['192.0.2.1', 'pub'],
    ])
    expect((await createDevice(ask, 'unknown').begin()).status).toBe(401)
    expect(asked).toHaveLength(2)
  })

  it('gets twenty codes at one address in ten minutes, counted at the guard: others, and what is refused, do not count', async () => {
    const allowDevice: IssuerSettings['allowDevice'] = async (request, _, countOpen) =>
      (await countOpen(request.headers.get('x-forwarded-for') ?? '')) <= 20
    const { ask, wait } = setUpDevices({ allowDevice })
    const at = (address: string, client?: string) =>
      createDevice((request) => {
        request.headers.set('x-forwarded-for', address)
        return ask(request)
      }, client)
    const begin = async (times: number, device = at('192.0.2.1')): Promise<readonly number[]> =>
      (await Promise.all(Array.from({ length: times }, () => device.begin()))).map(({ status }) => status)
    for (let round = 0; round < 5; round++) expect(await begin(4)).toEqual([200, 200, 200, 200])
    wait(300)
    for (let round = 0; round < 5; round++) expect(await begin(4)).toEqual([429, 429, 429, 429])
    expect(await begin(1, at('192.0.2.2'))).toEqual([200])
    expect((await at('192.0.2.1', 'web').begin({ resource: API })).status).toBe(200)
    wait(300)
    for (let round = 0; round < 5; round++) expect(await begin(4)).toEqual([200, 200, 200, 200])
    expect(await begin(1)).toEqual([429])
  })

  it('may be a page of another origin, as at the token endpoint', async () => {
    const { ask } = setUpDevices()
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const response = await ask(new Request(`${ISSUER}/device_authorization`, { method: 'OPTIONS', headers }))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  })
})

/** Returns payments in detail, of so many. */
function payment(creditorName: string, times = 1): string {
  const one = { type: 'payment', amount: { value: '12.00', currency: 'EUR' }, creditorName }
  return JSON.stringify(
    Array.from({ length: times }, (_, index) => ({ ...one, creditorName: `${index}${creditorName.slice(2)}` })),
  )
}

describe('a device that waits', () => {
  it('is told so until the person said yes, and gets its tokens then (RFC 8628 §3.5)', async () => {
    const { device, owner, wait, ask } = setUpDevices()
    const { device_code, user_code } = await device.start({ scope: 'read write' })
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'authorization_pending'])
    wait(5)
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'authorization_pending'])
    const page = await owner().answer(user_code, 'allow')
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Your device is let in')])
    const response = await device.poll(device_code)
    const { access_token, refresh_token = '', scope, token_type } = await readAnswer(response)
    expect([response.status, scope, token_type]).toEqual([200, 'read write', 'Bearer'])
    const told = await introspect(ask, access_token)
    expect(told).toMatchObject({ active: true, sub: 'alice', client_id: 'pub', aud: API, scope: 'read write' })
    expect((await createApp(ask).refresh(refresh_token)).status).toBe(200)
  })

  it('is told to slow down where it asks too early, by five seconds more each time, at the guard (RFC 8628 §3.5)', async () => {
    const guard = createMemoryGuard(() => NOW)
    const one = setUpDevices({ guard })
    const { device_code } = await one.device.start()
    // Another machine of the issuer's, with a clock of its own.
    const other = setUpDevices({ guard })
    const poll = async (at: typeof one, seconds: number): Promise<unknown> => {
      for (const machine of [one, other]) machine.wait(seconds)
      const response = await at.device.poll(device_code)
      return [response.status, (await readAnswer(response)).error, response.headers.get('retry-after')]
    }
    const pending = [400, 'authorization_pending', null]
    expect(await poll(one, 0)).toEqual(pending)
    expect(await poll(other, 4)).toEqual([400, 'slow_down', '10'])
    expect(await poll(one, 9)).toEqual([400, 'slow_down', '15'])
    expect(await poll(other, 14)).toEqual([400, 'slow_down', '20'])
    expect(await poll(one, 20)).toEqual(pending)
    expect(await poll(other, 19)).toEqual([400, 'slow_down', '25'])
  })

  it('that asks six times at once is told to wait once, and to slow down five times', async () => {
    const { device } = setUpDevices()
    const { device_code } = await device.start()
    const answers = await Promise.all(Array.from({ length: 6 }, () => device.poll(device_code)))
    const errors = await Promise.all(answers.map(async (answer) => (await readAnswer(answer)).error))
    expect(errors.toSorted()).toEqual(['authorization_pending', ...Array(5).fill('slow_down')])
  })

  it('is told that the person said no, again and again', async () => {
    const { device, owner } = setUpDevices()
    const { device_code, user_code } = await device.start()
    expect(await (await owner().answer(user_code, 'deny')).text()).toContain('was not let in')
    for (let times = 0; times < 2; times++)
      expect(await errorOf(await device.poll(device_code))).toEqual([400, 'access_denied'])
  })

  it('is told that its code has expired, whatever the person says then, for a day', async () => {
    const { device, owner, wait } = setUpDevices()
    const late = await device.start()
    const approved = await device.start()
    await owner().answer(approved.user_code, 'allow')
    wait(599)
    expect(await errorOf(await device.poll(late.device_code))).toEqual([400, 'authorization_pending'])
    wait(1)
    expect((await owner().type(late.user_code)).status).toBe(400)
    for (const seconds of [0, 3600, 80_000]) {
      wait(seconds)
      for (const { device_code } of [late, approved])
        expect(await errorOf(await device.poll(device_code))).toEqual([400, 'expired_token'])
    }
  })

  it.each([
    ['of another client', 'web', {}],
    ['that is none', 'pub', { device_code: 'x' }],
  ])('gets nothing for a device code %s', async (_, client, changes) => {
    const { device, owner, ask } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    expect(await errorOf(await createDevice(ask, client).poll(device_code, changes))).toEqual([400, 'invalid_grant'])
    expect((await device.poll(device_code)).status).toBe(200)
  })

  it('gets nothing more by a wrong request, and its code is not burnt by it', async () => {
    const { device, owner } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    expect(await errorOf(await device.poll(device_code, { resource: 'https://api2.example' }))).toEqual([
      400,
      'invalid_target',
    ])
    expect((await device.poll(device_code)).status).toBe(200)
  })
})

/** Asks what a token is, as the server of the API. */
async function introspect(ask: (request: Request) => Response | Promise<Response>, token: string): Promise<unknown> {
  const headers = {
    authorization: basic('api-server', SECRETS['api-server']),
    'content-type': 'application/x-www-form-urlencoded',
  }
  const body = new URLSearchParams({ token }).toString()
  return (await ask(new Request(`${ISSUER}/introspect`, { method: 'POST', headers, body }))).json()
}

describe('a device code', () => {
  // promise: W16
  it('that comes again within 30 seconds gets the same answer: tokens of one grant, and one family', async () => {
    const { device, owner, ask, wait } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    const first = await readAnswer(await device.poll(device_code))
    wait(30)
    const again = await device.poll(device_code)
    const second = await readAnswer(again)
    expect([again.status, second.scope]).toEqual([200, first.scope])
    const gidOf = async (token: string): Promise<unknown> => ((await introspect(ask, token)) as { gid?: string }).gid
    expect(await gidOf(second.access_token)).toBe(await gidOf(first.access_token))
    // Whichever answer arrived, its refresh token leads on.
    expect((await createApp(ask).refresh(second.refresh_token ?? '')).status).toBe(200)
  })

  it('whose answer was lost at its very end gets it again', async () => {
    const { device, owner, wait } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    wait(599)
    expect((await device.poll(device_code)).status).toBe(200)
    wait(30)
    expect((await device.poll(device_code)).status).toBe(200)
  })

  // promise: W15
  it('that comes again after that ends all that came of it (RFC 6749 §4.1.2)', async () => {
    const { device, owner, ask, wait } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    const { access_token, refresh_token = '' } = await readAnswer(await device.poll(device_code))
    wait(31)
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'invalid_grant'])
    expect(await introspect(ask, access_token)).toEqual({ active: false })
    expect((await createApp(ask).refresh(refresh_token)).status).toBe(400)
  })

  it('that is sent six times at once gives six answers of one grant', async () => {
    const { device, owner, ask } = setUpDevices()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    const answers = await Promise.all(Array.from({ length: 6 }, () => device.poll(device_code)))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    const gids = await Promise.all(
      answers.map(
        async (answer) => (await introspect(ask, (await readAnswer(answer)).access_token)) as { gid?: string },
      ),
    )
    expect(new Set(gids.map(({ gid }) => gid)).size).toBe(1)
  })

  it('that was asked for with a DPoP key is of that key alone (RFC 9449)', async () => {
    const { ask, owner, device, wait } = setUpDevices()
    const [own, other] = [await createProver(), await createProver()]
    const bound = createDevice(withProofs(ask, own, () => NOW))
    const { device_code, user_code } = await bound.start()
    await owner().answer(user_code, 'allow')
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'invalid_dpop_proof'])
    const stranger = createDevice(withProofs(ask, other, () => NOW))
    expect(await errorOf(await stranger.poll(device_code))).toEqual([400, 'invalid_grant'])
    const { token_type, access_token } = await readAnswer(await bound.poll(device_code))
    expect(token_type).toBe('DPoP')
    expect(await introspect(ask, access_token)).toMatchObject({ cnf: { jkt: own.jkt } })
    wait(1)
  })

  it('that was given to one key is not given to another, nor to none, and ends what it gave', async () => {
    const { ask, owner, device } = setUpDevices()
    const prover = await createProver()
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    const bound = createDevice(withProofs(ask, prover, () => NOW))
    const { access_token } = await readAnswer(await bound.poll(device_code))
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'invalid_grant'])
    expect(await introspect(ask, access_token)).toEqual({ active: false })
  })

  it('of a client with a secret needs it, each time', async () => {
    const { ask, owner } = setUpDevices()
    const shop = createDevice(ask, 'web')
    const { device_code, user_code } = await shop.start({ resource: API })
    await owner().answer(user_code, 'allow')
    const nobody = await createApp(ask).ask({ grant_type: DEVICE_CODE, client_id: 'web', device_code })
    expect(nobody.status).toBe(401)
    expect((await shop.poll(device_code)).status).toBe(200)
  })

  it.each([
    [
      'the person logs out',
      async ({ browser }: ReturnType<typeof createOwner>) => {
        const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
        await browser.post(`${ISSUER}/logout`, { token })
      },
    ],
    [
      'the person ends the app',
      async ({ browser }: ReturnType<typeof createOwner>) => {
        const page = await (await browser.get(`${ISSUER}/apps`)).text()
        expect(page).toContain('Telly')
        await browser.post(`${ISSUER}/apps`, { press: hiddenField(page, 'press') })
      },
    ],
  ])('gives nothing once %s', async (_, end) => {
    const { device, owner, wait } = setUpDevices({ revocations: createMemoryRevocations('devices') })
    const { device_code, user_code } = await device.start()
    const alice = owner()
    await alice.answer(user_code, 'allow')
    await end(alice)
    wait(10)
    expect(await errorOf(await device.poll(device_code))).toEqual([400, 'invalid_grant'])
  })

  it('gives nothing while the guard cannot answer, and works afterwards', async () => {
    const real = createMemoryGuard(() => NOW)
    let isDown = false
    const swap: typeof real.swap = async (...request) => {
      if (isDown) throw new Error('down')
      return real.swap(...request)
    }
    const { device, owner } = setUpDevices({ guard: { ...real, swap } })
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    isDown = true
    expect(await errorOf(await device.poll(device_code))).toEqual([503, 'temporarily_unavailable'])
    isDown = false
    expect((await device.poll(device_code)).status).toBe(200)
  })
})

describe('what a device is given', () => {
  it('is in detail what it asked for, as the person was shown', async () => {
    const { device, owner } = setUpDevices()
    const authorization_details = payment('xxGrocer')
    const { device_code, user_code } = await device.start({ authorization_details })
    const alice = owner()
    const page = await (await alice.type(user_code)).text()
    expect(page).toContain('0Grocer')
    await alice.press(page, 'allow')
    expect(await readAnswer(await device.poll(device_code))).toMatchObject({
      scope: 'read',
      authorization_details: [expect.objectContaining({ creditorName: '0Grocer' })],
    })
  })

  it('is an ID token, too, where it asks who logged in (OpenID Connect Core §3.1.3.3)', async () => {
    const pub = {
      ...DEVICE_CLIENTS.pub,
      scopes: ['read', 'openid', 'offline_access'],
      id_token_signed_response_alg: 'ES256',
    } as const
    const { device, owner, ask } = setUpDevices({ openid: {}, clients: { ...DEVICE_CLIENTS, pub } })
    const { device_code, user_code } = await device.start({ scope: 'openid offline_access' })
    const alice = owner()
    const page = await (await alice.type(user_code)).text()
    expect(page).toContain('Know that it is you')
    await alice.press(page, 'allow')
    const answer = (await (await device.poll(device_code)).json()) as { id_token: string; refresh_token: string }
    const claims = JSON.parse(atob((answer.id_token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
    expect(claims).toMatchObject({ iss: ISSUER, aud: 'pub', sub: 'alice', sid: expect.any(String) })
    expect(claims.nonce).toBeUndefined()
    expect((await createApp(ask).refresh(answer.refresh_token)).status).toBe(200)
  })

  it('is no refresh token where its client may not use one', async () => {
    const pub = { ...DEVICE_CLIENTS.pub, grant_types: [DEVICE_CODE] }
    const { device, owner } = setUpDevices({ clients: { ...DEVICE_CLIENTS, pub } })
    const { device_code, user_code } = await device.start()
    await owner().answer(user_code, 'allow')
    expect(await readAnswer(await device.poll(device_code))).not.toHaveProperty('refresh_token')
  })
})

describe('the settings', () => {
  const { pub } = DEVICE_CLIENTS
  const { leave: _, ...older } = createMemoryGuard(() => NOW)

  it.each([
    [
      'a guard of before',
      { guard: older },
      '"guard" expected a guard with leave, look, swap: the client "pub" may use',
    ],
    ['no guard', { guard: 'none' }, '"guard" expected a guard with leave, look, swap: the client "pub" may use'],
    ['nobody who logs people in', { authenticate: undefined }, '"authenticate" expected a way to log in'],
  ] as const)('are refused where a client may use devices, with %s', (_, changes, words) => {
    const clients = { pub, ...only(VARS.CLIENTS, 'api-server') }
    const settings = Object.fromEntries(
      Object.entries({ clients, ...changes }).filter(([, value]) => value !== undefined),
    )
    const { authenticate: __, ...rest } = { authenticate: undefined, ...settings }
    const make = (): unknown =>
      testIssuer('authenticate' in changes ? ({ ...rest, authenticate: undefined } as never) : (settings as never))
    expect(make).toThrow(words)
  })

  it('offer no device anything where no client may use it, and a guard of before serves all else', async () => {
    const issuer = testIssuer({ guard: older })
    const ask = (request: Request) => issuer.fetch(request)
    const metadata = (await (
      await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    ).json()) as Record<string, unknown>
    expect(metadata).not.toHaveProperty('device_authorization_endpoint')
    expect(metadata['grant_types_supported']).not.toContain(DEVICE_CODE)
    for (const path of ['device', 'device_authorization'])
      expect((await createBrowser(ask).get(`${ISSUER}/${path}`)).status).toBe(404)
    expect(await errorOf(await createDevice(ask).poll('x'))).toEqual([400, 'unsupported_grant_type'])
  })

  it('tell of devices in the metadata where some client may use them (RFC 8628 §4)', async () => {
    const { ask } = setUpDevices()
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({
      device_authorization_endpoint: `${ISSUER}/device_authorization`,
      grant_types_supported: expect.arrayContaining([DEVICE_CODE]),
    })
  })
})

function only<Table extends object, Name extends keyof Table>(table: Table, name: Name): Pick<Table, Name> {
  return { [name]: table[name] } as Pick<Table, Name>
}
