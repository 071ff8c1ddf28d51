/**
 * The development login: anybody is who they say. On a loopback issuer only; it cannot be switched on elsewhere.
 *
 * @module
 */

import { isLoopback } from '../../keys/identifier.ts'
import { developmentLoginPage } from '../pages/development_login.ts'
import { toPageResponse } from '../pages/page.ts'
import { OAuthError } from '../protocol/error.ts'
import { isVisible } from '../protocol/visible.ts'
import type { Authenticate, Transaction } from './authenticate.ts'

function showPage({ issuer, state, clientName, loginHint = 'alice' }: Transaction): Promise<Response> {
  return toPageResponse(200, developmentLoginPage({ issuer, state, clientName, name: loginHint }))
}

/** Logs in whoever says a name. */
export const developmentLogin: Authenticate = async (request, transaction) => {
  if (!isLoopback(transaction.issuer))
    throw new OAuthError('login_failed', 'the development login is for loopback issuers alone')
  if (transaction.step === 'begin' || request.method !== 'POST') return showPage(transaction)
  const name = String((await request.formData()).get('username') ?? '').trim()
  if (!isVisible(name) || !/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name)) return showPage(transaction)
  return { sub: name, auth_time: transaction.now, name, amr: ['development'] }
}
