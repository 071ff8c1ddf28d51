/**
 * Several ways to log in, of which a person, or an app, chooses one.
 *
 * @module
 */

import { checkMembers } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { refusal } from '../protocol/error.ts'
import type { Authenticate, LoginProvider, LoginProviders, Person, Transaction } from './authenticate.ts'

/** What a provider may be called: it stands in addresses, in subjects before a bar, and in the name of its secret. */
export const PROVIDER_NAME: RegExp = /^[a-z][a-z0-9_]{0,30}$/

/**
 * Returns a login at one of several providers: which one `transaction.provider` says.
 *
 * @param providers by what they are called: at most 31 letters, digits and `_`, the first a letter, in lower case
 * @throws {TypeError | RangeError} when one is called otherwise, or there is none
 * @example
 * import { loginProviders, oauthProvider, openidProvider } from 'bulla'
 *
 * const authenticate = loginProviders({
 *   google: openidProvider({ label: 'Google', issuer: 'https://accounts.google.com', clientId: 'acme' }),
 *   hub: oauthProvider({
 *     label: 'Hub',
 *     authorizationEndpoint: 'https://hub.example/authorize',
 *     tokenEndpoint: 'https://hub.example/token',
 *     userinfoEndpoint: 'https://hub.example/me',
 *     clientId: 'acme',
 *     claims: { sub: 'id' },
 *   }),
 * })
 */
export function loginProviders(providers: Readonly<Record<string, LoginProvider>>): Authenticate {
  checkMembers('loginProviders', providers as unknown)
  const known: LoginProviders = new Map(Object.entries(providers))
  readAll({
    names: () =>
      readEach([...known.keys()], (name) => {
        if (!PROVIDER_NAME.test(name) || name === 'type')
          throw new RangeError(
            '"LOGIN" expected names of letters, digits and "_", in lower case; and none called "type"',
          )
      }),
    count() {
      if (known.size === 0) throw new TypeError('"LOGIN" expected a way to log in')
      if ([...known.values()].filter(({ hasPlainNames }) => hasPlainNames).length > 1)
        throw new RangeError('"LOGIN" expected one page of your own at the most: two could mean two people by one name')
    },
  })

  async function authenticate(request: Request, transaction: Transaction): Promise<Person | Response> {
    const provider = known.get(transaction.provider ?? '')
    if (provider === undefined)
      throw refusal('login_failed', 'unknown_provider', 'the login is by a provider that is not there any more')
    return provider.authenticate(request, transaction)
  }
  return Object.assign(authenticate, { providers: known })
}
