/**
 * The least that a token endpoint in Hono can do: read the form, and answer the same bytes.
 *
 * @module
 */

import { Hono } from 'hono'

const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache' }

const app = new Hono<{ Bindings: { ANSWER: string } }>()

app.post('/token', async (c) => {
  const form = new URLSearchParams(await c.req.text())
  return form.get('grant_type') === null ? c.body(null, 400) : c.body(c.env.ANSWER, 200, HEADERS)
})

export default app
