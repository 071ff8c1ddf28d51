/**
 * An issuer with several providers, which log in whomever the answer's `code` names, and a person who chooses among them.
 *
 * @module
 */

import { type IssuerSettings, type LogEntry, type LoginProvider, loginProviders, type Person } from '../../src/index.ts'
import type { Transaction } from '../../src/login/authenticate.ts'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { authorizeUrl, type Browser, type Changes, createBrowser, formOf, goesTo, hiddenField } from './person.ts'

/** A link of the page at which a provider is chosen. */
export interface Link {
  readonly words: string
  readonly location: string
  readonly isLast: boolean
}

/** Returns the links of the page at which a provider is chosen; none of any other page. */
export function linksOf(page: string): readonly Link[] {
  return [...page.matchAll(/<a class="button( last)?" href="([^"]*)">Continue with <bdi>([^<]*)<\/bdi><\/a>/g)].map(
    ([, last, location = '', words = '']) => ({
      words,
      location: location.replaceAll('&amp;', '&'),
      isLast: last !== undefined,
    }),
  )
}

/** Returns where a browser that is sent to a provider was sent to: the provider's name, and what it was asked with. */
export function sentTo(response: Response): {
  readonly name: string
  readonly state: string
  readonly callback: string
} {
  const url = new URL(response.headers.get('location') ?? `page:${response.status}`)
  const { searchParams: asked, hostname } = url
  const callback = asked.get('redirect_uri') ?? ''
  return { name: hostname.replace(/\.example$/, '') || url.href, state: asked.get('state') ?? '', callback }
}

/** Both sides. */
export interface Several {
  readonly ask: (request: Request) => Promise<Response>
  readonly browser: Browser
  readonly lines: LogEntry[]
  /** What the providers were asked with. */
  readonly transactions: Transaction[]
  readonly wait: (seconds: number) => void
  /** Goes to the authorization endpoint, and wherever the issuer sends the browser. */
  visit(changes?: Changes): Promise<Response>
  /** Goes to an address, and wherever the issuer sends the browser. */
  follow(url: string): Promise<Response>
  /** Visits, and chooses on the page; returns where the browser is sent. */
  choose(words: string, changes?: Changes): Promise<Response>
  /** Comes back from a provider, as somebody of it. */
  comeBack(sent: Response, id?: string): Promise<Response>
  /** Says yes, or what else is said, on the page that asks; returns where the browser goes. */
  answer(page: Response, decision?: string): Promise<string>
}

/** Returns a provider that sends the browser to `https://<name>.example`, and believes what comes back. */
export function providerOf(
  label: string,
  changes: Partial<LoginProvider> & { readonly auth_time?: () => number } = {},
) {
  return (transactions: Transaction[]): LoginProvider => ({
    label,
    tellsAuthTime: changes.auth_time !== undefined,
    async authenticate(request, transaction) {
      transactions.push(transaction)
      const { step, state, callback, provider } = transaction
      const id = new URL(request.url).searchParams.get('code')
      if (step === 'begin')
        return Response.redirect(
          `https://${provider}.example/?${new URLSearchParams({ state, redirect_uri: callback })}`,
          303,
        )
      const person: Person = { sub: `${provider}|${id}`, name: `${id} of ${label}` }
      return changes.auth_time === undefined ? person : { ...person, auth_time: changes.auth_time() }
    },
    ...changes,
  })
}

/** What is special about an issuer: which providers there are, by name. */
export interface SeveralChanges extends Partial<IssuerSettings> {
  readonly providers?: Readonly<Record<string, ReturnType<typeof providerOf>>>
}

/** Returns an issuer at `NOW` with `github`, which tells no instant, and `google`, which does. */
export function createSeveral({ providers, ...changes }: SeveralChanges = {}): Several {
  let now = NOW
  const lines: LogEntry[] = []
  const transactions: Transaction[] = []
  const made = providers ?? {
    github: providerOf('GitHub'),
    google: providerOf('Google', { auth_time: () => now }),
  }
  const issuer = testIssuer({
    authenticate: loginProviders(
      Object.fromEntries(Object.entries(made).map(([name, make]) => [name, make(transactions)])),
    ),
    now: () => now,
    log: (entry) => lines.push(entry),
    ...changes,
  })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const browser = createBrowser(ask)

  async function follow(url: string): Promise<Response> {
    let response = await browser.get(url)
    while (response.status === 303 && (response.headers.get('location') ?? '').startsWith(ISSUER))
      response = await browser.get(response.headers.get('location') ?? '')
    return response
  }
  const visit: Several['visit'] = (asked) => follow(authorizeUrl(asked))

  return {
    ask,
    browser,
    lines,
    transactions,
    wait: (seconds) => {
      now += seconds
    },
    visit,
    follow,
    async choose(words, asked) {
      const links = linksOf(await (await visit(asked)).text())
      return browser.get(links.find((link) => link.words === words)?.location ?? '')
    },
    comeBack(sent, id = 'alice') {
      const { state, callback } = sentTo(sent)
      return follow(`${callback}?${formOf({ state, code: id })}`)
    },
    async answer(page, decision = 'allow') {
      const consent = hiddenField(await page.text(), 'consent')
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision })
      return goesTo(await answered.text())
    },
  }
}
