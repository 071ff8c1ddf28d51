import { describe, expect, it } from 'vitest'
import type { IssuerSettings } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { createDevice, DEVICE_CLIENTS } from '../parties/device.ts'
import { type Ask, createApp, createPerson, REQUESTS } from '../parties/person.ts'
import { CALLBACK, METADATA, REGISTRATION_KEYS } from '../parties/walk_in.ts'

/** What a runtime hands over beside each request: where Node's is, `{ incoming }` with its socket. */
const ENV = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }

/** An issuer whose hooks write down who asked them, about which path, and whether they were handed what came beside the request. */
function setUp(): { readonly ask: Ask; readonly heard: Set<string> } {
  const heard = new Set<string>()
  const hear = (hook: string, request: Request, env: unknown): void =>
    void heard.add(`${hook} ${new URL(request.url).pathname}${env === ENV ? '' : ' without env'}`)
  const settings: Partial<IssuerSettings> = {
    clients: DEVICE_CLIENTS,
    registration: { resources: [API], scopes: ['read'] },
    registrationKeys: REGISTRATION_KEYS[0],
    credentials(request, env) {
      hear('credentials', request, env)
      return {}
    },
    addressOf(request, env) {
      hear('addressOf', request, env)
      return undefined
    },
    async allowFailure(request, env) {
      hear('allowFailure', request, env)
      return true
    },
    async allowRegistration(request, env) {
      hear('allowRegistration', request, env)
      return true
    },
    async allowDevice(request, _client, _countOpen, env) {
      hear('allowDevice', request, env)
      return true
    },
  }
  const issuer = testIssuer(settings)
  return { ask: (request) => issuer.fetch(request, ENV), heard }
}

describe('what a runtime hands over beside a request', () => {
  it('reaches every hook that looks at the request, wherever it is asked: there alone is who is connected', async () => {
    const { ask, heard } = setUp()
    const code =
      (await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS['web'])).searchParams.get('code') ?? ''
    expect((await createApp(ask, { client: 'web' }).redeem(code)).status).toBe(200)
    expect((await createDevice(ask).begin()).status).toBe(200)
    const post = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
      ask(new Request(ISSUER + path, { method: 'POST', headers, body }))
    const metadata = JSON.stringify({ ...METADATA, redirect_uris: [CALLBACK] })
    expect((await post('/register', metadata, { 'content-type': 'application/json' })).status).toBe(201)
    const form = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic('web', 'wrong') }
    for (const path of ['/token', '/par', '/introspect'])
      expect((await post(path, 'grant_type=client_credentials&token=x', form)).status).toBe(401)
    expect((await ask(new Request(`${ISSUER}/keys`, { headers: form }))).status).toBe(401)
    expect([...heard].toSorted()).toEqual([
      'addressOf /authorize',
      'addressOf /consent',
      'addressOf /device_authorization',
      'addressOf /introspect',
      'addressOf /login/callback',
      'addressOf /par',
      'addressOf /token',
      'allowDevice /device_authorization',
      'allowFailure /introspect',
      'allowFailure /keys',
      'allowFailure /par',
      'allowFailure /token',
      'allowRegistration /register',
      'credentials /device_authorization',
      'credentials /introspect',
      'credentials /par',
      'credentials /token',
    ])
  })
})
