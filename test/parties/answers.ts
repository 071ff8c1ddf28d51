/**
 * What an app is told, in whatever mode it asked for: by a redirect, a link, a page that navigates, or a form.
 *
 * @module
 */

import { claimsOf } from './openid_provider.ts'

/** An answer as it leaves. */
export interface TakenAnswer {
  readonly by: 'link' | 'form'
  /** Where it goes, without what is told. */
  readonly where: string
  /** What is told; of a signed answer what was signed, but for whom it is for and until when. */
  readonly told: Readonly<Record<string, string>>
  /** The signed answer, where it is one. */
  readonly jwt: string | undefined
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

function take(by: 'link' | 'form', where: string, parameters: Readonly<Record<string, string>>): TakenAnswer {
  const { response: jwt, ...others } = parameters
  if (jwt === undefined) return { by, where, told: parameters, jwt }
  const { aud, exp, iss, ...told } = claimsOf(jwt) as Record<string, string>
  return { by, where, told: { ...others, ...told, iss: iss ?? '' }, jwt }
}

/** Reads an address that an app is told something by. */
export function takeLink(href: string): TakenAnswer {
  const { searchParams, origin, pathname } = new URL(href)
  return take('link', origin + pathname, Object.fromEntries(searchParams))
}

/** Reads the forms of a page that lead to another site than ours. */
export function takeForms(page: string, issuer: string): readonly TakenAnswer[] {
  return [...page.matchAll(/<form [^>]*action="([^"]*)">(.*?)<\/form>/gs)].flatMap(([, action = '', inside = '']) => {
    if (action.startsWith(issuer)) return []
    const fields = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
    return take(
      'form',
      unescaped(action),
      Object.fromEntries(fields.map(([, name = '', value = '']) => [unescaped(name), unescaped(value)])),
    )
  })
}

/** Returns an answer as the address by which `query` would tell it. */
export function asLink({ where, told }: TakenAnswer): string {
  return `${where}?${new URLSearchParams(told)}`
}

/** Returns the request in another response mode, if it is one for an authorization. */
export async function inMode(request: Request, mode: string): Promise<Request> {
  const url = new URL(request.url)
  if (mode === 'query') return request
  if (url.pathname === '/par') {
    const body = `${await request.text()}&response_mode=${mode}`
    return new Request(request.url, { method: 'POST', headers: request.headers, body })
  }
  if (url.pathname !== '/authorize' || ['request_uri', 'response_mode'].some((name) => url.searchParams.has(name)))
    return request
  url.searchParams.set('response_mode', mode)
  return new Request(url, request)
}
