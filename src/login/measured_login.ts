/**
 * Ways to log in whose calls are measured.
 *
 * @module
 */

import type { Measure, TracedPart } from '../trace.ts'
import type { Authenticate, LoginProvider } from './authenticate.ts'

/** Returns a provider whose calls beside the login are measured; all else of it is the provider's own. */
function measureProvider(provider: string, login: LoginProvider, measure: Measure): LoginProvider {
  const { refresh, revoke, endSession } = login
  const part = (operation: string): TracedPart => ({ part: 'login', operation, provider })
  return Object.assign(Object.create(login), {
    ...(refresh && {
      refresh: (...of: Parameters<typeof refresh>) => measure(part('refresh'), () => refresh.apply(login, of)),
    }),
    ...(revoke && {
      revoke: (...of: Parameters<typeof revoke>) => measure(part('revoke'), () => revoke.apply(login, of)),
    }),
    ...(endSession && {
      endSession: (...of: Parameters<typeof endSession>) =>
        measure(part('endSession'), () => endSession.apply(login, of)),
    }),
  })
}

/** Returns the same ways to log in; each call of one is a part that is measured. */
export function measureLogin(authenticate: Authenticate, measure: Measure): Authenticate {
  const { providers } = authenticate
  const measured: Authenticate = (request, transaction) =>
    measure({ part: 'login', operation: 'authenticate', provider: transaction.provider }, () =>
      authenticate(request, transaction),
    )
  if (providers === undefined) return measured
  const each = [...providers].map(([name, login]) => [name, measureProvider(name, login, measure)] as const)
  return Object.assign(measured, { providers: new Map(each) })
}
