import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createCookies } from '../../src/http/cookies.ts'
import { ISSUER } from '../fixtures.ts'

const NAME = '__Host-bulla-session'
const cookies = createCookies(ISSUER)
const app = new Hono().get('/', (c) => c.json(cookies.get(c, 'session') ?? null))

/** Returns the session that is read of a `Cookie` header. */
async function read(header: string): Promise<unknown> {
  return (await app.request('/', { headers: { cookie: header } })).json()
}

/** Names that another host, or a page over http, can plant, and that some reader took for ours. */
const OTHERS = [
  ['a no-break space before it (CVE-2026-39410)', `\u00a0${NAME}`],
  ['that space as the bytes of UTF-8', `\u00c2\u00a0${NAME}`],
  ['a next line before it', `\u0085${NAME}`],
  ['an escaped letter (CVE-2020-8184)', NAME.replace('session', 's%65ssion')],
  ['an escaped prefix', NAME.replace('__Host-', '%5f%5fHost-')],
  ['capitals', NAME.toUpperCase()],
  ['the other prefix', NAME.replace('__Host-', '__Secure-')],
  ['no prefix', NAME.replace('__Host-', '')],
  ['quotes around it', `"${NAME}"`],
  ['a member', `${NAME}[]`],
] as const

describe('a cookie of ours', () => {
  it('is the one with its very name', async () => {
    expect([await read(`${NAME}=good`), await read(`x=1; \t${NAME} =good; y=2`)]).toEqual(['good', 'good'])
  })

  it.each(OTHERS)('is none by a name with %s, which hides none either', async (_, name) => {
    expect([await read(`${name}=evil`), await read(`${name}=evil; ${NAME}=good`)]).toEqual([null, 'good'])
  })
})
