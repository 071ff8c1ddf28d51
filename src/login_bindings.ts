/**
 * The setting `LOGIN` of a Worker → who logs people in.
 *
 * @module
 */

import { checkMembers, type Members, readText } from '../keys/check.ts'
import { createFaultList, type FaultList, readAll } from '../keys/faults.ts'
import { type LoginSecret, loginNames, loginSecretOf, loginTables } from './binding_kinds.ts'
import type { Authenticate, LoginProvider } from './login/authenticate.ts'
import { KNOWN_PROVIDER_NAMES } from './login/known_providers.ts'
import { loginProviders } from './login/login_providers.ts'
import { readLoginProvider, readOnlyLogin } from './login/provider_registration.ts'

/** The secret of the only way to log in. */
const SECRET = 'LOGIN_CLIENT_SECRET'

/** Whether an issuer is on this machine, and its secrets by their names. */
interface Place {
  readonly isLoopbackAllowed: boolean
  secretOf(name: LoginSecret): string | undefined
}

/** Reads the only way to log in. */
function readAlone(login: Members, { secretOf, isLoopbackAllowed }: Place): Authenticate {
  const secret = secretOf(SECRET)
  // These know no other name for a person than what the settings call them.
  const isType = ['oauth', ...KNOWN_PROVIDER_NAMES].some((one) => one === login['type'])
  const later = ['provider', ...(isType ? ['type'] : [])].find((name) => login[name] !== undefined)
  if (later !== undefined)
    throw new TypeError(`"LOGIN.${later}" expected a table of its own around it, such as [vars.LOGIN.github]`)
  return readOnlyLogin(login, { secret, isLoopbackAllowed })
}

/** Stands in for a provider that cannot be read, so that who is handed its tokens is not at fault as well. Nobody logs in there. */
function unread(): never {
  throw new TypeError('a stand-in')
}

const UNREAD: LoginProvider = { label: 'a stand-in', tellsAuthTime: true, authenticate: unread }

/** Reads several ways to log in: each in a table, with a secret of its own. */
function readSeveral(login: Members, names: readonly string[], { secretOf, isLoopbackAllowed }: Place): Authenticate {
  const faults = createFaultList()
  for (const name of Object.keys(login).filter((one) => !names.includes(one)))
    faults.read(() => {
      const called = /^\w{1,40}$/.test(name) ? `LOGIN.${name}` : 'LOGIN'
      throw new TypeError(
        `"${called}" expected a table, as of each way to log in; did you mean it in [vars.LOGIN.${names[0]}]?`,
      )
    })
  const providers = names.map((name) => {
    const secret = faults.read(() => {
      const text = secretOf(loginSecretOf(name))
      return text === undefined ? text : readText(loginSecretOf(name), text, /./, 'the secret')
    })
    const provider = faults.read(() => readLoginProvider(name, login[name], { secret, isLoopbackAllowed }))
    return [name, provider ?? UNREAD] as const
  })
  faults.read(() => {
    if (secretOf(SECRET) !== undefined)
      throw new TypeError(`"${SECRET}" is the secret of no provider; did you mean "${loginSecretOf(names[0] ?? '')}"?`)
  })
  return readAll({ several: () => loginProviders(Object.fromEntries(providers)) }, faults).several
}

/** Reads who logs people in: by `type` in `LOGIN` itself the only way, else a table for each of several. */
function readWays(login: unknown, place: Place): Authenticate {
  checkMembers('LOGIN', login)
  const names = loginNames(login)
  if (names.length > 0) return readSeveral(login, names, place)
  const stray = loginTables(login).find((name) =>
    ['type', 'provider', 'client_id'].some((one) => one in Object(login[name])),
  )
  if (stray !== undefined)
    throw new TypeError(`"LOGIN" expected either "type" in it, or tables such as [vars.LOGIN.${stray}], and never both`)
  return readAlone(login, place)
}

/**
 * Reads who logs people in; nothing where nobody does.
 *
 * @param faults gets all that is wrong with it: then nobody may be served by what comes back
 */
export function readLogin(login: unknown, place: Place, faults: FaultList): Authenticate | undefined {
  if (login === undefined) {
    faults.read(() => place.secretOf(SECRET))
    return undefined
  }
  const providers = new Map(loginTables(login).map((name) => [name, UNREAD] as const))
  return faults.read(() => readWays(login, place)) ?? Object.assign(() => unread(), { providers })
}
