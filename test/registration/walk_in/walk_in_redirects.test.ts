import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../fixtures.ts'
import { goesTo, hiddenField } from '../../parties/person.ts'
import { createWalkInIssuer } from '../../parties/walk_in.ts'

const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'
/** What Cursor sends, and all at once. */
const THREE = [CURSOR, 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback']

describe('the redirect URI of a client that walks in', () => {
  it('may have a scheme of its own: all three of Cursor are registered, and the code goes to it', async () => {
    const { register, question, browser } = createWalkInIssuer()
    const client = await register({ redirect_uris: THREE, application_type: 'web' })
    expect(client['redirect_uris']).toEqual(THREE)
    const asked = await question(client, { redirect_uri: CURSOR })
    const consent = hiddenField(await asked.text(), 'consent')
    const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect(goesTo(await answered.text())).toMatch(new RegExp(`^${CURSOR.replaceAll('.', '[.]')}[?]code=`))
  })

  it.each([
    'javascript:/cb',
    'chrome-extension://abcdefghijklmnop/cb',
    'intent://app.example/cb',
    'http://app.example/cb',
    'https://192.0.2.1/cb',
    'https://localhost:3000/cb',
    `${ISSUER}/cb`,
    `${ISSUER}:8443/cb`,
    'https://app.example/cb#x',
    'https://user@app.example/cb',
    `https://app.example/${'x'.repeat(493)}`,
  ])('may not be %s', async (uri) => {
    const { register } = createWalkInIssuer()
    expect((await register({ redirect_uris: ['https://app.example/cb', uri] })).error).toBe('invalid_redirect_uri')
  })

  it('is held to the rules of today, however old the id is: what they do not allow any more leads nowhere', async () => {
    const client = await createWalkInIssuer().register({ redirect_uris: THREE })
    const strict = createWalkInIssuer({ registration: { redirect_hosts: ['claude.ai'] } })
    const refused = await strict.question(client, { redirect_uri: THREE[1] })
    expect([refused.status, refused.headers.get('location')]).toEqual([400, null])
    const asked = await strict.question(client, { redirect_uri: THREE[2] })
    expect(hiddenField(await asked.text(), 'consent')).not.toBe('')
    expect((await strict.register({ redirect_uris: THREE })).error).toBe('invalid_redirect_uri')
  })
})
