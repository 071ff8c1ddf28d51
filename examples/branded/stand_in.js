/** Stands in for GitHub: everybody is Alice, who says yes. */
import { Hono } from 'hono'

export const standIn = new Hono()
  .get('/authorize', (c) => {
    const { redirect_uri, state } = c.req.query()
    return c.redirect(`${redirect_uri}?${new URLSearchParams({ code: 'of-alice', state })}`)
  })
  .post('/token', (c) => c.json({ access_token: 'gho_of_alice', token_type: 'bearer', scope: 'read:user,user:email' }))
  .get('/user', (c) => c.json({ id: 1, login: 'alice', name: 'Alice', email: null, avatar_url: null }))
  .get('/emails', (c) => c.json([{ email: 'alice@people.example', primary: true, verified: true }]))
