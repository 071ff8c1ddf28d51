/**
 * The least that an endpoint can do that lets something happen once: read the form, insert one row in a Durable Object, and answer the
 * same bytes, headers and body.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'

/** One of the objects. */
export class InsertObject extends DurableObject {
  #sql = this.ctx.storage.sql

  constructor(...arguments_: ConstructorParameters<typeof DurableObject>) {
    super(...arguments_)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, attempt TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
    )
  }

  insert(id: string, attempt: string, expiresAt: number): void {
    this.#sql.exec('INSERT INTO spent (id, attempt, expires_at) VALUES (?, ?, ?)', id, attempt, expiresAt)
  }
}

interface Env {
  /** By the grant type. */
  readonly ANSWERS: Readonly<Record<string, string>>
  readonly HEADERS: Record<string, string>
  /** How many objects there are. */
  readonly OBJECTS: number
  readonly OBJECT: { getByName(name: string): { insert(...row: Parameters<InsertObject['insert']>): Promise<void> } }
}

const app = new Hono<{ Bindings: Env }>()
let asked = 0

app.post('/token', async (c) => {
  const form = new URLSearchParams(await c.req.text())
  const { ANSWERS, HEADERS, OBJECT, OBJECTS } = c.env
  const answer = ANSWERS[form.get('grant_type') ?? '']
  if (answer === undefined) return c.body(null, 400)
  const once = form.get('code') ?? form.get('refresh_token') ?? ''
  await OBJECT.getByName(`object-${asked++ % OBJECTS}`).insert(once.slice(-22), 'attempt', 2_000_000_000)
  return c.body(answer, 200, HEADERS)
})

export default app
