/**
 * Opens a token in the browser as an API does, and shows what is inside. It stores nothing, and asks for nothing.
 *
 * @module
 */

import { createLeaves, type ResourceKeys, readKeys, readLeafKid } from '../../../keys/index.ts'
import { TokenError } from '../../../src/jose/error.ts'
import { explain } from '../../../src/jose/explain.ts'
import { DIRECT_TYP, openDirect } from '../../../src/token/direct.ts'
import { openEnvelope } from '../../../src/token/envelope.ts'
import { makeExample } from './example.ts'
import { ADVICE, CLAIMS, MEMBERS, SEGMENTS } from './meanings.ts'

type Facts = Readonly<Record<string, unknown>>

const LONGEST_LIFE = 86_400
const CLOCK_TOLERANCE = 10
const INSTANTS: ReadonlySet<string> = new Set(['iat', 'exp', 'auth_time'])

function find<Of extends HTMLElement>(id: string): Of {
  return document.getElementById(id) as Of
}

const form = find<HTMLFormElement>('form')
const tokenField = find<HTMLTextAreaElement>('token')
const keysField = find<HTMLTextAreaElement>('keys')
const result = find('result')
let ticking: ReturnType<typeof setInterval> | undefined

const nowInSeconds = (): number => Math.floor(Date.now() / 1000)

function element(name: string, content: string | readonly Node[], className = ''): HTMLElement {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  made.append(...(typeof content === 'string' ? [content] : content))
  return made
}

/** Says how long it is from an instant to another, in words. */
function spanOf(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const
  const at = units.findIndex(([, size]) => seconds >= size)
  const [unit, size] = units[Math.max(at, 0)] ?? ['second', 1]
  const [lower, lowerSize] = units[at + 1] ?? ['second', 1]
  const counts = [
    [Math.floor(seconds / size), unit],
    [size === 1 ? 0 : Math.floor((seconds % size) / lowerSize), lower],
  ] as const
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}${count === 1 ? '' : 's'}`)
  return at < 0 ? 'now' : parts.join(' ')
}

function instantOf(seconds: number): string {
  const from = seconds - nowInSeconds()
  const relative = from === 0 ? 'now' : from > 0 ? `in ${spanOf(from)}` : `${spanOf(-from)} ago`
  return `${seconds} = ${new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')} (${relative})`
}

function shownOf(name: string, value: unknown): string {
  if (name === 'provider_token') return '…'
  if (INSTANTS.has(name) && typeof value === 'number' && value < 1e11) return instantOf(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function tableOf(title: string, facts: Facts, meanings: Facts, otherwise: string): readonly Node[] {
  const rows = Object.entries(facts).map(([name, value]) =>
    element('tr', [
      element('td', name),
      element('td', shownOf(name, value)),
      element('td', String(Object.hasOwn(meanings, name) ? meanings[name] : otherwise)),
    ]),
  )
  const head = element(
    'tr',
    ['Name', 'Value', 'What it means'].map((text) => element('th', text)),
  )
  return [element('h2', title), element('table', [element('thead', [head]), element('tbody', rows)])]
}

function headerOf(token: string): Facts {
  try {
    const json = atob((token.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
    const header: unknown = JSON.parse(json)
    return typeof header === 'object' && header !== null ? (header as Facts) : {}
  } catch {
    return {}
  }
}

/** Shows the segments of a token, each in a colour, and what each is. */
function segmentsOf(token: string): readonly Node[] {
  const segments = token.split('.')
  if (segments.length !== SEGMENTS.length) return []
  const colored = segments.flatMap((text, index) => [
    ...(index === 0 ? [] : [document.createTextNode('.')]),
    element('span', text, `s${index + 1}`),
  ])
  const list = SEGMENTS.map(([name, meaning], index) =>
    element('li', [element('strong', name, `s${index + 1}`), document.createTextNode(`: ${meaning}`)]),
  )
  return [element('h2', 'The envelope'), element('code', colored, 'token'), element('ol', list)]
}

/** Says of the key of a token when it seals. */
function daysOf(token: string, keys: ResourceKeys | undefined): readonly Node[] {
  const name = readLeafKid(String(headerOf(token)['kid'] ?? ''))
  if (name === undefined || keys === undefined) return []
  const from = new Date(name.period * keys.period * 1000).toISOString().slice(0, 16)
  return [
    element('p', `Its key is of root ${name.root}, and seals for ${spanOf(keys.period)} from ${from} UTC on.`, 'hint'),
  ]
}

/** Reads the token in a text: the text itself, or the `access_token` of a token answer. */
function readToken(text: string): string {
  const token = text.trim()
  if (!token.startsWith('{')) return token
  try {
    return String((JSON.parse(token) as Facts)['access_token'] ?? '')
  } catch {
    return token
  }
}

function show(verdict: string, isGood: boolean, ...more: readonly Node[]): void {
  clearInterval(ticking)
  result.replaceChildren(element('p', verdict, `verdict ${isGood ? 'good' : 'bad'}`), ...more)
}

function readApiKeys(text: string): ResourceKeys | string {
  if (text.trim() === '') return 'Paste the keys of its API, too: what `bulla keys export` prints.'
  if (/"roots"|KEY_RING/.test(text)) {
    keysField.value = ''
    return 'That was a key ring, and is gone from the field. It opens everything: show it to no page. An API has what `bulla keys export` prints.'
  }
  try {
    return readKeys(text)
  } catch (error) {
    return `These are no keys of an API: ${error instanceof Error ? error.message : 'they cannot be read'}.`
  }
}

async function openToken(): Promise<void> {
  const token = readToken(tokenField.value)
  const keys = readApiKeys(keysField.value)
  const outside = [
    ...segmentsOf(token),
    ...tableOf('The header', headerOf(token), MEMBERS, 'no member that an envelope of Bulla has'),
  ]
  if (token === '') return show('Paste a token.', false)
  if (typeof keys === 'string') return show(keys, false, ...outside)
  const now = nowInSeconds()
  const { issuer, resource } = keys
  const leaves = createLeaves({ ...keys, longestLife: LONGEST_LIFE })
  // What is inside is shown even where it does not count, or no longer: whoever has the key may read it.
  const facts = await openEnvelope(token, DIRECT_TYP, leaves, now)
    .then(({ facts }) => facts)
    .catch(() => undefined)
  const inside = facts === undefined ? [] : tableOf('What is inside', facts, CLAIMS, "the operator's own")
  const shown = [...inside, ...outside, ...daysOf(token, keys)]
  try {
    const expected = {
      issuer,
      resource,
      now,
      clockTolerance: CLOCK_TOLERANCE,
      longestLife: LONGEST_LIFE,
      anonymous: true,
    }
    const { entitlement } = await openDirect(token, leaves, expected)
    const left = (): string => {
      const seconds = entitlement.exp - nowInSeconds()
      return seconds > 0 ? `It opens, and is good for ${spanOf(seconds)}.` : 'It opened, and has ended since.'
    }
    show(left(), true, ...shown)
    const verdict = result.firstChild as HTMLElement
    // Said once, and counted down in silence.
    verdict.setAttribute('aria-live', 'off')
    ticking = setInterval(() => verdict.replaceChildren(left()), 1000)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    show(`It does not open: ${explain(error.code)} (${error.code}). ${ADVICE[error.code] ?? ''}`, false, ...shown)
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void openToken()
})
form.addEventListener('reset', () => {
  clearInterval(ticking)
  result.replaceChildren()
  tokenField.focus()
})
find('example').addEventListener('click', async () => {
  const example = await makeExample(nowInSeconds())
  tokenField.value = example.token
  keysField.value = example.keys
  await openToken()
})
