/**
 * What clients register that nobody configured: most is nearly right, some is nothing.
 *
 * @module
 */

import fc from 'fast-check'
import type { RegistrationSettings } from '../../src/registration/walk_in/walk_in_registration.ts'
import { API } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'
import { ODD_VALUES } from './odd_values.ts'

/** What they may have at the issuer of a run. Documents are fetched from nowhere. */
export const REGISTRATION: { readonly registration: RegistrationSettings; readonly registrationKeys: string } = {
  registration: { resources: [API], scopes: ['read', 'openid', 'profile'], documents: false },
  registrationKeys: REGISTRATION_KEYS.join(' '),
}

/** Where their answers go. */
export const AGENT_CALLBACKS = ['https://agent.example/cb', 'http://127.0.0.1/agent'] as const

/** Returns the text that registers a client by this method. */
export function agentBy(method: string): string {
  return JSON.stringify({
    client_name: 'Agent',
    redirect_uris: AGENT_CALLBACKS,
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: method,
  })
}

const uri = fc.oneof(
  fc.constantFrom<unknown>(
    ...AGENT_CALLBACKS,
    'cursor://a.b/c',
    'http://[::1]:1/',
    'https://x.example/'.padEnd(512, 'a'),
  ),
  fc.constantFrom<unknown>('javascript:alert(1)', 'https://a@b.example/', 'https://*.example/', '//a', 'a:b', 'http:'),
  fc.constantFrom(...ODD_VALUES),
)
const name = fc.oneof(
  fc.constantFrom<unknown>('Agent', 'a\u202eb', '🔑'.repeat(99), '<script>alert(1)</script>', ...ODD_VALUES),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
const metadata = fc.record(
  {
    redirect_uris: fc.oneof<fc.Arbitrary<unknown>[]>(
      { weight: 6, arbitrary: fc.constantFrom<unknown>(AGENT_CALLBACKS, ['cursor://a.b/c']) } as never,
      { weight: 2, arbitrary: fc.array(uri, { maxLength: 12 }) } as never,
      { weight: 1, arbitrary: fc.constantFrom(...ODD_VALUES) } as never,
    ),
    client_name: name,
    token_endpoint_auth_method: fc.constantFrom<unknown>(
      'none',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      null,
    ),
    grant_types: fc.constantFrom<unknown>(
      ['authorization_code'],
      ['authorization_code', 'refresh_token', 'x'],
      ...ODD_VALUES,
    ),
    response_types: fc.constantFrom<unknown>(['code'], ['code', 'token'], ...ODD_VALUES),
    scope: fc.constantFrom<unknown>('read', 'openid email', ' ', '"', ...ODD_VALUES),
    application_type: fc.constantFrom<unknown>('web', 'native', ...ODD_VALUES),
    jwks: fc.constantFrom(...ODD_VALUES),
  },
  { requiredKeys: ['redirect_uris'] },
)

/** The texts of registrations, now and then with a character changed, a member twice, or more than fits. */
export const registrations: fc.Arbitrary<string> = fc
  .tuple(
    metadata,
    fc.nat(),
    fc.constantFrom('', '"', '{', ',', '\\', '\u0000', '\ufeff'),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([given, at, put, how]) => {
    const text = JSON.stringify(given)
    const index = at % text.length
    if (how === 0) return text.slice(0, index) + put + text.slice(index + 1)
    if (how === 1) return text.replace('{', '{"client_name":"twice",')
    if (how === 2) return text.padEnd(16_380 + (at % 9))
    return text
  })
