/**
 * A step of the drive: what is promised, and who tries it.
 *
 * @module
 */

import assert from 'node:assert/strict'
import { API } from '../../fixtures.ts'
import type { Ask, FullAnswer } from '../person.ts'
import { createApp, createPerson, REQUESTS, readAnswer } from '../person.ts'
import { formRequest } from '../servers.ts'

/** What is promised, and what tries it: it throws where it is not so. */
export type Step = readonly [promise: string, run: (ask: Ask) => Promise<void>]

/** Returns status and error of an answer. */
export async function errorOf(response: Response): Promise<readonly [number, string | undefined]> {
  return [response.status, (await readAnswer(response)).error]
}

/** Reads tokens, and says what came where there are none. */
export async function tokensOf(response: Response): Promise<FullAnswer & { readonly id_token?: string }> {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text)
}

/** Tells what the server of `API` is told of a token. */
export async function introspect(ask: Ask, token: string): Promise<Readonly<Record<string, unknown>>> {
  return (await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as Record<string, unknown>
}

/** A person of whom nobody knows yet, who allows what an app asks for. */
export async function approve(ask: Ask, client: 'pub' | 'web', changes: Readonly<Record<string, string>> = {}) {
  const app = createApp(ask, { client })
  const person = createPerson(ask)
  const answer = await person.answer('allow', { ...REQUESTS[client], resource: API, ...changes })
  const code = answer.searchParams.get('code')
  assert.ok(code, answer.href)
  return { app, person, code }
}
