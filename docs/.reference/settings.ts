/**
 * The settings: what an operator can write, as the types of the settings, their comments, and what reads them say.
 *
 * @module
 */

import { BINDING_KINDS } from '../../src/binding_kinds.ts'
import { LOGIN_MEMBERS } from '../../src/login/provider_registration.ts'
import type { IssuerSettings } from '../../src/settings/issuer_settings.ts'
import { GUIDES } from './guides.ts'
import { linkTo } from './links.ts'
import { type Member, readSource } from './source.ts'
import { tableOf } from './table.ts'

type Variable = keyof typeof BINDING_KINDS

/** What a variable is called in code, where that is not its own name in camelCase. */
const IN_CODE: Readonly<Partial<Record<Variable, keyof IssuerSettings>>> = {
  LOGIN: 'authenticate',
  EVENTS: 'onEvent',
  SETTINGS: 'settingsBundle',
  FAILURES: 'allowFailure',
  REGISTRATIONS: 'allowRegistration',
  DEVICES: 'allowDevice',
  HOME_REGIONS: 'homes',
  LIMITS_CLIENT: 'limits',
  LIMITS_ADDRESS: 'limits',
  LIMITS_SUBJECT: 'limits',
}

/** Variables that are no setting of their own in code: `authenticate` has the secret, and what is to play with are resources and clients. */
const NOT_IN_CODE: readonly string[] = ['LOGIN_CLIENT_SECRET', 'PARTNER_KEY', 'DEVELOPMENT']

const camelCase = (name: string): string => name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase())

/** Returns what each variable is called in code; nothing for one that is none there. */
function namesInCode(known: readonly string[]): ReadonlyMap<Variable, string | undefined> {
  const names = (Object.keys(BINDING_KINDS) as Variable[]).map((variable) => {
    const name = IN_CODE[variable] ?? camelCase(variable)
    if (NOT_IN_CODE.includes(variable)) return [variable, undefined] as const
    if (!known.includes(name)) throw new RangeError(`"${variable}" is nothing in code: say which in IN_CODE`)
    return [variable, name] as const
  })
  return new Map(names)
}

const quoted = (name: string): string => `\`${name}\``

/** Writes names of code as the variables are called, where a text is about these. */
function asVariables(text: string): string {
  return text.replace(/`([a-z]+[A-Z]\w+)`/g, (all, name) => {
    const variable = name.replace(/[A-Z]/g, '_$&').toUpperCase()
    return variable in BINDING_KINDS ? quoted(variable) : all
  })
}

/** Returns the table of what stands in a table of the settings. */
function members(table: keyof typeof GUIDES, file: string, type: string): string {
  return tableOf(
    [`in \`${table}\``, 'what it is', 'takes', 'without it', 'more'],
    readSource()
      .membersOf(file, type)
      .map(({ name, meaning, takes, without }) => [
        quoted(name),
        asVariables(meaning),
        takes,
        without,
        linkTo(GUIDES[table], name),
      ]),
  )
}

const ofIssuer = (): readonly Member[] => readSource().membersOf('src/settings/issuer_settings.ts', 'IssuerSettings')

/** The variables and secrets of a Worker, which are those of `bulla serve`, too. */
function variables(): string {
  const inCode = new Map(ofIssuer().map((member) => [member.name, member]))
  const names = namesInCode([...inCode.keys()])
  const told = new Map(
    readSource()
      .membersOf('src/bindings.ts', 'Bindings')
      .map((member) => [member.name, member]),
  )
  const rows = [...names].map(([variable, name]) => {
    const { meaning, without, takes } = told.get(variable) as Member
    const kind = BINDING_KINDS[variable]
    const setting = inCode.get(name ?? '')
    const ofSetting = variable in IN_CODE ? 'table' : (setting?.takes ?? '`"true"`')
    return [
      quoted(variable),
      asVariables(meaning.replace(/^Secret: (.)/, (_, first) => first.toUpperCase())),
      kind === 'variable' ? takes || ofSetting : kind,
      without || (setting?.without ?? ''),
      name === undefined ? '' : quoted(name),
      linkTo(GUIDES.variables, variable),
    ]
  })
  return tableOf(['variable', 'what it is', 'takes', 'without it', 'in code', 'more'], rows)
}

/** What can be said in code alone. */
function inCodeAlone(): string {
  const written = [...namesInCode(ofIssuer().map(({ name }) => name)).values()]
  const rows = ofIssuer()
    .filter(({ name }) => !written.includes(name))
    .map(({ name, meaning, takes, without }) => [quoted(name), meaning, takes, without, linkTo(GUIDES.code, name)])
  return tableOf(['in code alone', 'what it is', 'takes', 'without it', 'more'], rows)
}

/** What each type of a way to log in is read from. */
const LOGIN_TYPES = {
  openid: ['src/login/openid_provider.ts', 'OpenidProviderOptions'],
  oauth: ['src/login/oauth_provider_options.ts', 'OAuthProviderOptions'],
  page: ['src/login/own_page.ts', 'OwnPageOptions'],
} as const

/** What stands in a table of `LOGIN`: a row for each member, and for each type where it is something else. */
function login(): string {
  const types = Object.keys(LOGIN_TYPES) as (keyof typeof LOGIN_TYPES)[]
  const all = [...new Set(types.flatMap((type) => Object.keys(LOGIN_MEMBERS[type])))]
  const options = new Map(
    types.map((type) => [type, readSource().membersOf(LOGIN_TYPES[type][0], LOGIN_TYPES[type][1])]),
  )
  const rows = all.flatMap((name) => {
    const having = types.flatMap((type) => {
      const option = LOGIN_MEMBERS[type][name]
      const found = options.get(type)?.find((one) => one.name === option)
      return found === undefined ? [] : [{ type, ...found }]
    })
    if (having.length === 0) throw new RangeError(`nothing tells of "LOGIN.${name}"`)
    const alike = Map.groupBy(having, ({ meaning, takes, without }) => [meaning, takes, without].join('\n'))
    return [...alike.values()].map(([first = having[0], ...others]) => {
      const { type, meaning, takes, without } = first as (typeof having)[number]
      const of = [type, ...others.map((other) => other.type)].map((one) => quoted(`"${one}"`)).join(', ')
      const label = name === 'label' ? 'its name, as a word' : without
      return [quoted(name), meaning, of, takes, label, linkTo(GUIDES.LOGIN, type)]
    })
  })
  return tableOf(['in `LOGIN`', 'what it is', 'of `type`', 'takes', 'without it', 'more'], rows)
}

const CLIENTS = 'src/registration/clients/client_registration.ts'

/** The parts of the page of settings. */
export const SETTINGS = {
  variables,
  login,
  resources: () => members('RESOURCES', 'src/registration/resource_registration.ts', 'ResourceSettings'),
  clients: () => members('CLIENTS', CLIENTS, 'ClientSettings'),
  'exchange-rules': () => members('exchange', 'src/registration/exchange.ts', 'ExchangeRuleSettings'),
  openid: () => members('OPENID', 'src/openid/openid_registration.ts', 'OpenidSettings'),
  branding: () => members('BRANDING', 'src/settings/branding.ts', 'BrandingSettings'),
  registration: () =>
    members('REGISTRATION', 'src/registration/walk_in/walk_in_registration.ts', 'RegistrationSettings'),
  'trusted-issuers': () => members('TRUSTED_ISSUERS', 'src/registration/trusted_issuer.ts', 'TrustedIssuerSettings'),
  'trust-rules': () => members('allow', 'src/registration/trusted_issuer.ts', 'TrustRuleSettings'),
  details: () =>
    members(
      'AUTHORIZATION_DETAILS_TYPES',
      'src/registration/details/authorization_details_registration.ts',
      'DetailTypeSettings',
    ),
  'in-code': inCodeAlone,
}
