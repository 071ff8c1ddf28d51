/**
 * A person who goes from site to site in one browser: follows redirects and pages that navigate by themselves, and presses the
 * button of each form, as somebody does who wants to be let in.
 *
 * @module
 */

import { type Ask, type Browser, createBrowser } from './person.ts'

/** Where a person ended up. */
export interface Arrival {
  readonly url: URL
  readonly status: number
  readonly text: string
}

/** A person with a browser. */
export interface Visitor {
  /**
   * Goes to an address, and on from there, until there is nothing to follow and to press.
   *
   * @param detour is asked before each step: what it returns is visited instead, and where it returns nothing the way ends there
   */
  visit(url: string, detour?: (url: URL) => URL | undefined | Promise<URL | undefined>): Promise<Arrival>
}

/** Steps that no way has. */
const MOST_STEPS = 20

const attributeOf = (tag: string, name: string): string | undefined => {
  const [, value] = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag) ?? []
  return value?.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&')
}

/** A form as it is sent. */
interface Sent {
  readonly action: URL
  readonly fields: Readonly<Record<string, string>>
}

/**
 * Returns the first form of a page as it is sent by its button: the one that allows, where there are several.
 *
 * @param name what is typed
 */
function readForm(page: string, url: URL, name: string): Sent | undefined {
  const [form] = /<form[\s\S]*?<\/form>/i.exec(page) ?? []
  if (form === undefined) return undefined
  const tags = [...form.matchAll(/<(input|button)\b[^>]*>/gi)].map(([tag]) => tag)
  const isButton = (tag: string): boolean => /^<button/i.test(tag) || attributeOf(tag, 'type') === 'submit'
  const buttons = tags.filter(isButton)
  const pressed = buttons.find((tag) => attributeOf(tag, 'value') === 'allow') ?? buttons[0]
  const named = tags.filter((tag) => !isButton(tag) || tag === pressed).filter((tag) => attributeOf(tag, 'name'))
  // Whoever is asked for a name says one.
  const typed = (tag: string): string => (attributeOf(tag, 'type') === 'text' ? name : '')
  const fields = Object.fromEntries(
    named.map((tag) => [attributeOf(tag, 'name') ?? '', attributeOf(tag, 'value') || typed(tag)]),
  )
  return { action: new URL(attributeOf(form, 'action') ?? '', url), fields }
}

/** Returns where a page goes by itself, if it goes anywhere. */
function nextOf(page: string): string | undefined {
  const [, to] = /http-equiv="refresh" content="0;\s*url=([^"]*)"/i.exec(page) ?? []
  return to?.replaceAll('&amp;', '&')
}

/** Returns where the first link leads whose words are meant; where no words are, nobody follows one. */
function linkOf(page: string, meant: RegExp | undefined): string | undefined {
  const links = [...page.matchAll(/<a\b[^>]*>([\s\S]*?)<\/a>/gi)]
  const [tag] = links.find(([, words = '']) => meant?.test(words.replaceAll(/<[^>]*>/g, ''))) ?? []
  return tag && attributeOf(tag, 'href')
}

/** What is special about a person. */
export interface VisitorOptions {
  /** The words of links that the person follows where there is nothing to press. Default: none. */
  readonly follows?: RegExp
  /** What the person types who is asked for a name. Default `alice`. */
  readonly name?: string
  /** Asks sites. Default: as they are on the network. */
  readonly ask?: Ask
}

/** Returns a person whose browser has never been anywhere. */
export function createVisitor({ name = 'alice', ask = fetch, follows }: VisitorOptions = {}): Visitor {
  const browsers = new Map<string, Browser>()
  // Each host sees its own cookies.
  function browserAt({ hostname }: URL): Browser {
    const browser = browsers.get(hostname) ?? createBrowser((request) => ask(request))
    browsers.set(hostname, browser)
    return browser
  }
  return {
    async visit(start, detour = (url) => url) {
      let url = new URL(start)
      let form: Sent | undefined
      for (let step = 0; step < MOST_STEPS; step++) {
        const to = await detour(url)
        if (to === undefined) return { url, status: 0, text: '' }
        url = to
        const headers = form === undefined ? {} : { origin: url.origin }
        const response = await (form === undefined
          ? browserAt(url).get(url.href)
          : browserAt(url).post(url.href, form.fields, headers))
        const location = response.headers.get('location')
        const text = await response.text()
        form = location === null && response.status < 400 ? readForm(text, url, name) : undefined
        const next = location ?? nextOf(text) ?? form?.action.href ?? linkOf(text, follows)
        if (next === undefined) return { url, status: response.status, text }
        url = new URL(next, url)
      }
      throw new Error(`no end of ways: ${url}`)
    },
  }
}
