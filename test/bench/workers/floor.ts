/**
 * The least that a token endpoint in Hono can do: read the form, and answer the same bytes, headers and body.
 *
 * @module
 */

import { Hono } from 'hono'

const app = new Hono<{ Bindings: { ANSWER: string; HEADERS: Record<string, string> } }>()

app.post('/token', async (c) => {
  const form = new URLSearchParams(await c.req.text())
  return form.get('grant_type') === null ? c.body(null, 400) : c.body(c.env.ANSWER, 200, c.env.HEADERS)
})

export default app
