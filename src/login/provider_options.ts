/**
 * What is to be known of each provider among several, whatever it speaks: how people read it, what is asked of it beside the protocol's
 * own, and whether what it gave ends there.
 *
 * @module
 */

import { checkBoolean, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { readScopeText } from '../protocol/scope.ts'
import { readVisible } from '../protocol/visible.ts'
import type { Transaction } from './authenticate.ts'

/** What is to be known of a provider, whatever it speaks. */
export interface ProviderOptions {
  /** What people read that it is called. */
  readonly label: string
  /** Whether a grant's tokens are ended there with it. Default false: some end all that a person gave this client. */
  readonly isRevokedAtProvider?: boolean
  /** Parameters of each authorization request beside the protocol's own. Default: none. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** What is asked for beside where tokens are handed over: what a provider wants for a refresh token. Default `""`. */
  readonly handOverScope?: string
  /** Parameters beside, where tokens are handed over. Default: none. */
  readonly handOverParameters?: Readonly<Record<string, string>>
  /**
   * The values of `prompt` that it knows beside `login`: `select_account`, `create`. Default: what the metadata of an OpenID provider
   * list; of all others none, and none is sent.
   */
  readonly promptValuesSupported?: readonly string[] | undefined
  /** What its scope tokens let somebody do, in words. Default: the tokens speak for themselves. */
  readonly scopeDescriptions?: Readonly<Record<string, string>>
}

/** The names of the options. */
export const PROVIDER_OPTIONS: Readonly<Record<keyof ProviderOptions, true>> = {
  label: true,
  isRevokedAtProvider: true,
  authorizationParameters: true,
  handOverScope: true,
  handOverParameters: true,
  promptValuesSupported: true,
  scopeDescriptions: true,
}

/** Parameters that are the protocol's (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9101 §5): nobody sets them beside. */
const OWN_PARAMETERS: readonly string[] = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
]

const PARAMETER = /^[A-Za-z0-9_.-]{1,64}$/

/** Checks that a parameter is none of the protocol's. */
export function checkParameter(name: string, parameter: unknown): void {
  checkText(name, parameter, PARAMETER, "a parameter's name")
  if (OWN_PARAMETERS.includes(parameter))
    throw new RangeError(`"${name}" expected parameters beside the protocol's own`)
}

/** Checks fixed parameters of a request. */
function checkParameters(name: string, value: unknown): void {
  checkMembers(name, value)
  readEach(Object.entries(value), ([parameter, text]) => {
    checkParameter(name, parameter)
    checkText(`${name}.${parameter}`, text, /^[\x20-\x7e]{1,512}$/, '1 to 512 characters of ASCII')
  })
}

/** Checks what people read of a provider. */
export function checkWords(label: unknown, descriptions: unknown): void {
  readAll({
    label: () => readVisible('LOGIN.label', label, 64),
    descriptions() {
      checkMembers('LOGIN.scope_descriptions', descriptions)
      readEach(Object.values(descriptions), (words) => readVisible('LOGIN.scope_descriptions', words, 200))
    },
  })
}

/**
 * Checks the options that all providers have.
 *
 * @throws {TypeError | RangeError} when one is missing or of a wrong type: all are said
 */
export function checkProviderOptions(options: ProviderOptions): void {
  const { label, isRevokedAtProvider = false, authorizationParameters = {} } = options
  const { handOverScope = '', handOverParameters = {}, scopeDescriptions = {}, promptValuesSupported = [] } = options
  readAll({
    words: () => checkWords(label, scopeDescriptions),
    revocation: () => checkBoolean('LOGIN.revoke_at_provider', isRevokedAtProvider),
    parameters: () => checkParameters('LOGIN.authorization_parameters', authorizationParameters),
    handOverScope: () => readScopeText('LOGIN.hand_over_scope', handOverScope),
    handOverParameters: () => checkParameters('LOGIN.hand_over_parameters', handOverParameters),
    prompts: () =>
      checkTexts('LOGIN.prompt_values_supported', promptValuesSupported, /^(?:select_account|create)$/, 'a prompt'),
  })
}

/** What is asked of a provider beside the protocol's own. */
export interface AskedBeside {
  /** Returns the scope of a request: each token once. */
  scopeFor(transaction: Transaction): readonly string[]
  /** Returns the fixed parameters of a request, with this prompt among theirs. */
  parametersFor(transaction: Transaction, prompt: string | undefined): Readonly<Record<string, string | undefined>>
}

/**
 * Returns what is asked of a provider.
 *
 * @param scope the tokens that each login asks for
 * @param options once they were checked
 */
export function askBeside(scope: readonly string[], options: Omit<ProviderOptions, 'label'>): AskedBeside {
  const { authorizationParameters, handOverScope = '', handOverParameters } = options
  const beside = readScopeText('LOGIN.hand_over_scope', handOverScope)
  return {
    scopeFor: ({ handsOver }) => [
      ...new Set([...scope, ...(handsOver === undefined ? [] : [...handsOver.scope, ...beside])]),
    ],
    parametersFor({ handsOver }, prompt) {
      const fixed = { ...authorizationParameters, ...(handsOver && handOverParameters) }
      const prompts = new Set([prompt, fixed['prompt']].filter((one) => one !== undefined))
      return { ...fixed, prompt: [...prompts].join(' ') || undefined }
    },
  }
}
