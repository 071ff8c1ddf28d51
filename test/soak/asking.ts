/**
 * What all who ask here have in common: the way to the issuer, the history, and what is known of tokens.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { basic } from '../fixtures.ts'
import type { Prover } from '../parties/dpop.ts'
import { formOf } from '../parties/person.ts'
import { type Chance, createChance } from './chance.ts'
import type { Front, Heard } from './front.ts'
import { type Name, nameOf, type Token } from './history.ts'
import type { Recorder } from './recorder.ts'
import type { Client } from './settings.ts'

/** An access token that verifiers are shown. */
export interface Seen {
  readonly token: string
  readonly name: Name
  readonly prover: Prover | undefined
  /** Whose it is, and of which login. */
  readonly of: readonly string[]
  /** When it ends, by the history's clock. Milliseconds. */
  readonly end: number
}

/** What a thief has taken a copy of. */
export interface Loot {
  readonly grant: 'authorization_code' | 'refresh_token'
  readonly shown: string
  readonly client: Client
  /** Whether whoever shows it needs what the previous version has not. */
  readonly isNew: boolean
}

/** What all have in common. */
export interface World {
  readonly issuer: string
  readonly front: Front
  readonly recorder: Recorder
  readonly seen: Seen[]
  readonly loot: Loot[]
  /** Whose tokens verifiers should look at again: something of theirs was ended. */
  readonly suspects: Set<string>
  isOver(): boolean
  /** Tells whether somebody goes on: until it is over, and then some times more where what he asked last was in vain. */
  goesOn(by: string): boolean
  /** Returns the chance of whoever is called so. */
  chance(name: string): Chance
  /** Waits so many milliseconds, or until it is over. */
  pause(milliseconds: number): Promise<void>
}

/** How often somebody goes on at the most when it is over. */
const MOST_MORE = 5

/** Returns a world, and what ends it. */
export function createWorld(
  seed: number,
  parts: Pick<World, 'issuer' | 'front' | 'recorder'>,
): { readonly world: World; over(): void } {
  const end = new AbortController()
  const more = new Map<string, number>()
  const world: World = {
    ...parts,
    goesOn(by) {
      if (!end.signal.aborted) return true
      const times = more.get(by) ?? 0
      more.set(by, times + 1)
      return times < MOST_MORE && parts.recorder.isInVain(by)
    },
    seen: [],
    loot: [],
    suspects: new Set(),
    isOver: () => end.signal.aborted,
    chance: (name) => createChance(seed, name),
    pause: (milliseconds) => setTimeout(milliseconds, undefined, { signal: end.signal }).catch(() => undefined),
  }
  return { world, over: () => end.abort() }
}

/** Returns what a client is called in a history: its id, or the name of one that was handed out. */
export async function calledOf({ id }: Client): Promise<string> {
  return id.startsWith('dcr.') ? nameOf(id) : id
}

/** Returns what stands in an answer's JSON; nothing where it is none. */
export function jsonOf({ text }: Heard): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** Returns a member of an answer's JSON, where it is a text. */
export function textIn(heard: Heard, member: string): string | undefined {
  const value = jsonOf(heard)[member]
  return typeof value === 'string' ? value : undefined
}

/** Returns what a line of the history says of any question. */
export function askedOf(by: string, heard: Heard) {
  const { at, until, to, status, headers } = heard
  const [error, after] = [status === 200 ? undefined : textIn(heard, 'error'), headers.get('retry-after')]
  return {
    ...{ at, until, by, to, status },
    ...(error !== undefined && { error }),
    ...(after !== null && { retryAfter: Number(after) }),
  }
}

/** Tells whether a client asks the same again: no answer came, or one that says so (docs/reference/errors.md). */
export function isPassing({ status }: Heard): boolean {
  return status === 0 || status === 503 || status === 429
}

/**
 * Asks again as long as the answer says so, after the time that it says.
 *
 * @param ask asks once; nothing where there is nothing to ask for any more
 * @param patience milliseconds after which it is left. Default: 40 seconds
 */
export async function insist<One extends Heard>(
  world: World,
  chance: Chance,
  ask: () => Promise<One | undefined>,
  patience = 40_000,
): Promise<One | undefined> {
  const end = world.recorder.now() + patience
  for (;;) {
    const heard = await ask()
    if (heard === undefined || !isPassing(heard) || heard.until > end) return heard
    const after = Number(heard.headers.get('retry-after') ?? 0) * 1000
    await setTimeout(after + chance.integer(300, 1000))
  }
}

/** Returns a form as a client sends it, with its proof of itself. */
export function requestOf(
  { issuer }: Pick<World, 'issuer'>,
  path: string,
  client: Client | undefined,
  form: Readonly<Record<string, string>>,
): Request {
  const { id, secret } = client ?? {}
  return new Request(`${issuer}/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(id !== undefined && secret !== undefined && { authorization: basic(id, secret) }),
    },
    body: formOf({ ...(secret === undefined && { client_id: id }), ...form }).toString(),
  })
}

/** A question at `/token`. */
export interface TokenQuestion extends Pick<Token, 'by' | 'grant'> {
  readonly client: Client
  readonly form: Readonly<Record<string, string>>
  readonly shown?: string
  readonly isThief?: boolean
  readonly prover?: Prover | undefined
  readonly isNew?: boolean
}

/** The answer to it. */
export interface TokenHeard extends Heard {
  readonly access: string | undefined
  readonly refresh: string | undefined
}

/** Asks `/token` once (once more for a nonce), and tells the history. */
export async function askToken(world: World, question: TokenQuestion): Promise<TokenHeard> {
  const { by, client, grant, form, shown, isThief = false, prover, isNew = false } = question
  const once = async (nonce?: string): Promise<Heard> => {
    const request = requestOf(world, 'token', client, form)
    const now = Math.floor(Date.now() / 1000)
    if (prover !== undefined)
      request.headers.set(
        'dpop',
        await prover.prove({ url: `${world.issuer}/token`, now, ...(nonce !== undefined && { nonce }) }),
      )
    return world.front.ask(request, { isNew })
  }
  let heard = await once()
  if (textIn(heard, 'error') === 'use_dpop_nonce') {
    const again = await once(heard.headers.get('dpop-nonce') ?? undefined)
    heard = { ...again, at: heard.at }
  }
  const [access, refresh] = [textIn(heard, 'access_token'), textIn(heard, 'refresh_token')]
  world.recorder.write({
    what: 'token',
    ...askedOf(by, heard),
    client: await calledOf(client),
    grant,
    isThief,
    isConfidential: client.secret !== undefined,
    ...(shown !== undefined && { shown: await nameOf(shown) }),
    ...(prover !== undefined && { key: prover.jkt }),
    ...(access !== undefined && { access: await nameOf(access) }),
    ...(refresh !== undefined && { refresh: await nameOf(refresh) }),
  })
  return { ...heard, access, refresh }
}

/** Ends something by a question, and tells the history. */
export async function askEnd(
  world: World,
  request: Request,
  line: { readonly by: string; readonly how: 'revoke' | 'logout' | 'operator'; readonly of: Name },
  isNew = false,
): Promise<Heard> {
  const heard = await world.front.ask(request, { isNew })
  world.recorder.write({ what: 'ended', ...askedOf(line.by, heard), how: line.how, of: line.of })
  return heard
}
