/**
 * What a Worker's env would hold after a deploy, as far as wrangler's file tells: its variables, something in place of each
 * binding, and of each secret that another setting needs.
 *
 * @module
 */

import { basename } from 'node:path'
import { bindingKindsOf, loginNames, loginSecretOf } from '../binding_kinds.ts'
import { isTable, isVariablesAlone, misplacedIn, type Table } from '../node/settings_text.ts'
import { Refusal } from './command.ts'
import { tableIn } from './settings_file.ts'

/** What a Worker's env would hold. */
export interface WorkerEnv {
  readonly env: Table
  /** The secrets of ours that are not in the file. */
  readonly secrets: readonly string[]
  /** The secrets of ours that are in the file, where all can read them. */
  readonly open: readonly string[]
  /** The settings of ours that stand outside of the variables, where nothing reads them. */
  readonly stray: readonly string[]
  /** What is wrong where something stands in the file that is read from the environment. */
  readonly misplaced: readonly string[]
  /** The variables that are longer than a Worker's may be, and their bytes. */
  readonly long: readonly (readonly [name: string, bytes: number])[]
  /** Whether its requests are followed: else events do not say whose they are. */
  readonly isFollowing: boolean
  /** Whether it is no Worker's: `bulla serve`, or code, brings guard and revocations. */
  readonly isServed: boolean
  /** The environments of the file that this is not. */
  readonly others: readonly string[]
}

/** In place of what the platform binds. */
class Bound {
  getByName(): never {
    throw new TypeError('a stand-in')
  }
  limit(): never {
    throw new TypeError('a stand-in')
  }
  get(): never {
    throw new TypeError('a stand-in')
  }
  send(): never {
    throw new TypeError('a stand-in')
  }
}

/** In place of a secret that is not here: nothing is derived from it. */
const UNTOLD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** In place of the registration keys. */
const UNTOLD_KEY = `${UNTOLD.slice(0, 42)}A`

/** The compatibility flags by which a Worker has `AsyncLocalStorage`. */
const FOLLOWING: readonly unknown[] = ['nodejs_als', 'nodejs_compat', 'nodejs_compat_v2']

/** Bytes that a variable of a Worker may have; what is no text is JSON there. */
export const VARIABLE_BYTES = 5120

/** Returns how long a variable is. */
function bytesOf(value: unknown): number {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return new TextEncoder().encode(text).length
}

/** Returns the names that an environment binds: each kind of binding has them as `binding`, a few as `name`. */
function bindingNames(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(bindingNames)
  if (!isTable(value)) return []
  const own = value['binding']
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(bindingNames)]
}

function namesIn(list: unknown): readonly string[] {
  const entries = Array.isArray(list) ? list.filter(isTable) : []
  return entries.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
}

/** Tells whether a table of `LOGIN` needs a secret: by what it says, or since a provider that is known gives everybody one. */
function isSecretNeeded(login: unknown): boolean {
  const { provider, token_endpoint_auth_method: method } = isTable(login) ? login : {}
  return method === undefined ? provider !== undefined : method !== 'none'
}

/** Tells whether a table of `LOGIN` can have a secret at all. */
function isSecretPossible(login: unknown): boolean {
  const { type, token_endpoint_auth_method: method } = isTable(login) ? login : {}
  return type !== 'page' && method !== 'none'
}

/** Returns the secrets of `LOGIN` that are not possible, and something in place of those that it needs. */
function loginSecrets(login: unknown): { readonly none: readonly string[]; readonly needed: Table } {
  const several = loginNames(login).map((name) => [loginSecretOf(name), (login as Table)[name]] as const)
  const tables = several.length > 0 ? several : [['LOGIN_CLIENT_SECRET', login] as const]
  return {
    none: [
      ...(several.length > 0 ? ['LOGIN_CLIENT_SECRET'] : []),
      ...several.flatMap(([name, table]) => (isSecretPossible(table) ? [] : [name])),
    ],
    needed: Object.fromEntries(tables.flatMap(([name, table]) => (isSecretNeeded(table) ? [[name, UNTOLD]] : []))),
  }
}

/**
 * Returns what a Worker's env would hold. Neither variables nor bindings are inherited by an environment.
 *
 * @param file what it is called: only wrangler's own is sure to be a Worker's
 * @param config wrangler's file, or one of variables for `bulla serve`; or variables alone, with `ISSUER` among them
 * @throws {Refusal} when there is no such environment
 */
export function readWorkerEnv(file: string, config: Table, environment: string | undefined): WorkerEnv {
  const environments = tableIn(config, 'env')
  const chosen = environment === undefined ? config : environments[environment]
  if (!isTable(chosen)) throw new Refusal(`there is no environment ${environment}`)
  const isBare = isVariablesAlone(config)
  const isServed = !basename(file).startsWith('wrangler.') && !['main', 'durable_objects'].some((one) => one in config)
  const vars = isBare ? config : tableIn(chosen, 'vars')
  const { vars: _, env: __, ...rest } = chosen
  const bound = isBare
    ? []
    : [
        ...bindingNames(rest),
        ...namesIn(tableIn(chosen, 'durable_objects')['bindings']),
        ...[chosen['ratelimits'], chosen['send_email'], tableIn(chosen, 'unsafe')['bindings']].flatMap(namesIn),
      ]
  // An environment inherits these, unless it has its own.
  const flags = chosen['compatibility_flags'] ?? config['compatibility_flags']
  const { required } = tableIn(chosen, 'secrets')
  const promised = isBare || !Array.isArray(required) ? [] : required.map(String)
  const ours = Object.entries(bindingKindsOf(vars['LOGIN'])).filter(([name]) => name !== 'PARTNER_KEY')
  const kept = ours.flatMap(([name, kind]) => (kind === 'secret' ? [name] : []))
  const ofLogin = loginSecrets(vars['LOGIN'])
  const secrets = kept.filter((name) => vars[name] === undefined && !ofLogin.none.includes(name))
  return {
    env: {
      ...Object.fromEntries(
        [
          ...bound,
          ...(isServed ? ['GUARD', 'REVOCATIONS'] : []),
          ...promised.filter((name) => !kept.includes(name)),
        ].map((name) => [name, new Bound()]),
      ),
      ...(secrets.includes('PAIRWISE_SALT') ? { PAIRWISE_SALT: UNTOLD } : {}),
      ...(secrets.includes('REGISTRATION_KEYS') && isTable(vars['REGISTRATION'])
        ? { REGISTRATION_KEYS: UNTOLD_KEY }
        : {}),
      ...ofLogin.needed,
      ...Object.fromEntries(promised.filter((name) => ofLogin.none.includes(name)).map((name) => [name, UNTOLD])),
      ...vars,
      // There it is passed over.
      ...(isServed && vars['GUARD'] === 'none' ? { GUARD: new Bound() } : {}),
      // There it may be a file's path.
      ...(isServed && typeof vars['SETTINGS'] === 'string' && !/^https?:/i.test(vars['SETTINGS'])
        ? { SETTINGS: new Bound() }
        : {}),
    },
    secrets,
    open: isBare ? [] : kept.filter((name) => vars[name] !== undefined),
    stray: isBare ? [] : ours.flatMap(([name]) => (rest[name] === undefined ? [] : [name])),
    misplaced: isServed ? misplacedIn(config, vars, kept) : [],
    isFollowing: isServed || (Array.isArray(flags) && flags.some((flag) => FOLLOWING.includes(flag))),
    isServed,
    long: isServed
      ? []
      : Object.entries(vars)
          .map(([name, value]) => [name, bytesOf(value)] as const)
          .filter(([, bytes]) => bytes > VARIABLE_BYTES),
    others: Object.keys(environments).filter((name) => name !== environment),
  }
}
