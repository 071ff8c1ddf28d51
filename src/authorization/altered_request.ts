/**
 * An authorization request as it goes on after somebody logged in or answered: the same, but for what was met on the way, or is
 * asked for anew.
 *
 * @module
 */

import type { Authenticate } from '../login/authenticate.ts'
import { readParameters } from '../protocol/parameters.ts'
import { ANY_AGE } from './prompt.ts'

/** Prompts that a login meets. */
const LOGINS = ['login', 'select_account', 'create']

/**
 * Returns the request of a browser to go on with once a person was proved: what that login has just met is not asked again.
 *
 * @param isAged whether the login must not be old: of the session must be known then, still, when it was
 */
export function withoutLogin(parameters: string, isAged: boolean): string {
  const kept = parameters.split('&').flatMap((parameter) => {
    const [name, value = ''] = parameter.split('=', 2)
    if (name !== 'prompt' && name !== 'max_age') return parameter
    const prompt = name === 'prompt' ? value.split('+').filter((one) => !LOGINS.includes(one)) : []
    return prompt.length === 0 ? [] : `prompt=${prompt.join('+')}`
  })
  return [...kept, ...(isAged ? [`max_age=${ANY_AGE}`] : [])].join('&')
}

/** Returns the same request with these prompts, and without what else is left out. */
function withPrompts(parameters: string, prompts: readonly string[], left: readonly string[] = []): string {
  const kept = parameters.split('&').filter((one) => !['prompt', ...left].some((name) => one.startsWith(`${name}=`)))
  return [...kept, `prompt=${prompts.join('+')}`].join('&')
}

function promptsOf(parameters: string): readonly string[] {
  return (readParameters(parameters).get('prompt') ?? '').split(' ')
}

/** How somebody is asked in any case, whatever session there is elsewhere. */
export type LoginPrompt = 'login' | 'select_account'

/** Returns how another account is asked for: where a way to log in proves no login to be new, one is chosen. */
export function promptForAnother({ providers }: Pick<Authenticate, 'providers'> = {}): LoginPrompt {
  return [...(providers?.values() ?? [])].every(({ tellsAuthTime }) => tellsAuthTime) ? 'login' : 'select_account'
}

/**
 * Returns the same request for another account: with a login, and no word of whom the client thinks to see, and where.
 *
 * @param prompt how it is asked for. What the client asks itself stays
 */
export function withNewLogin(parameters: string, prompt: LoginPrompt): string {
  const before = promptsOf(parameters)
  const login = before.includes('login') ? 'login' : prompt
  const asks = before.includes('consent')
  return withPrompts(parameters, asks ? [login, 'consent'] : [login], ['login_hint', 'id_token_hint', 'idp_hint'])
}

/** Returns the same request with the question in any case: a "Deny" that does not count must not become a yes of before. */
export function withQuestion(parameters: string): string {
  const logins = promptsOf(parameters).filter((prompt) => LOGINS.includes(prompt))
  return withPrompts(parameters, [...logins, 'consent'])
}
