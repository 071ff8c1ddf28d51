/**
 * The development login: anybody is who they say. On a loopback issuer only; it cannot be switched on elsewhere.
 *
 * @module
 */

import { isLoopback } from '../../keys/identifier.ts'
import type { Claims } from '../openid/told_claims.ts'
import { developmentLoginPage } from '../pages/development_login.ts'
import { toPageResponse } from '../pages/page.ts'
import { createView } from '../pages/view.ts'
import { refusal } from '../protocol/error.ts'
import { isVisible } from '../protocol/visible.ts'
import type { Authenticate, Transaction } from './authenticate.ts'

function showPage({ headers }: Request, transaction: Transaction): Promise<Response> {
  const { issuer, state, clientName, uiLocales, loginHint = 'alice' } = transaction
  const view = createView({
    issuer,
    branding: {},
    isDevelopment: true,
    requestId: undefined,
    uiLocales,
    acceptLanguage: headers.get('accept-language') ?? undefined,
  })
  return toPageResponse(200, developmentLoginPage(view, { state, clientName, name: loginHint }))
}

/** Returns what is told of whoever says this name: all that OpenID Connect Core §5.1 knows, and groups. Nothing of it is true. */
function claimsOf(name: string): Claims {
  const [first = '', ...rest] = name
  const given = [first.toUpperCase(), ...rest].slice(0, 24).join('')
  const at = encodeURIComponent(name).replaceAll(/[%@]/g, '-').slice(0, 64)
  return {
    name: `${given} Example`,
    given_name: given,
    middle_name: 'Dev',
    family_name: 'Example',
    nickname: given,
    preferred_username: name,
    profile: `https://people.example.com/${at}`,
    picture: `https://people.example.com/${at}.png`,
    website: `https://${at}.example.com/`,
    gender: 'unknown',
    birthdate: '2000-01-01',
    zoneinfo: 'Europe/Vienna',
    locale: 'en',
    updated_at: 1_767_225_600,
    email: `${at}@example.com`,
    email_verified: true,
    phone_number: '+1 555 0100',
    phone_number_verified: false,
    address: { locality: 'Springfield', country: 'US' },
    groups: ['developers', 'testers'],
  }
}

/** Logs in whoever says a name. */
export const developmentLogin: Authenticate = async (request, transaction) => {
  if (!isLoopback(transaction.issuer))
    throw refusal('login_failed', 'nobody_logged_in', 'the development login is for loopback issuers alone')
  if (transaction.step === 'begin' || request.method !== 'POST') return showPage(request, transaction)
  const name = String((await request.formData()).get('username') ?? '').trim()
  if (!isVisible(name) || !/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name)) return showPage(request, transaction)
  const { provider } = transaction
  const sub = provider === undefined ? name : `${provider}|${name}`
  return { sub, auth_time: transaction.now, name, amr: ['development'], claims: claimsOf(name) }
}
