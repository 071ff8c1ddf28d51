import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GitHub, startGitHub } from '../parties/github.ts'

const CALLBACK = 'http://localhost:1/login/callback/github'

let github: GitHub
beforeAll(async () => {
  github = await startGitHub({ callback: CALLBACK, expiresIn: 28_800 })
})
afterAll(() => github?.stop())

/** Says yes as a person, and returns the code. */
async function codeOf(login: string, scope: string): Promise<string> {
  const asked = new URLSearchParams({ client_id: github.clientId, redirect_uri: CALLBACK, scope, state: 'a-state' })
  const body = new URLSearchParams({ login, decision: 'allow' })
  const url = `${github.origin}/login/oauth/authorize?${asked}`
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  const back = new URL(response.headers.get('location') ?? '')
  expect([response.status, back.origin + back.pathname, back.searchParams.get('state')]).toEqual([
    302,
    CALLBACK,
    'a-state',
  ])
  return back.searchParams.get('code') ?? ''
}

/** Asks for tokens. */
async function token(form: Readonly<Record<string, string>>, accept = 'application/json'): Promise<string> {
  const body = new URLSearchParams({ client_id: github.clientId, client_secret: github.clientSecret, ...form })
  const init = { method: 'POST', body, headers: { accept } }
  const response = await fetch(`${github.origin}/login/oauth/access_token`, init)
  expect(response.status).toBe(200)
  return response.text()
}

const ask = async (path: string, access: string): Promise<unknown> => {
  const response = await fetch(github.api + path, { headers: { authorization: `Bearer ${access}` } })
  return response.ok ? response.json() : response.status
}

describe('the stand-in for GitHub', () => {
  it('gives tokens as GitHub does: scope by commas, a refresh token that is used up, and errors with 200', async () => {
    const code = await codeOf('alice', 'read:user repo')
    const given = JSON.parse(await token({ code }))
    expect(given).toMatchObject({ token_type: 'bearer', scope: 'read:user,repo', expires_in: 28_800 })
    expect(JSON.parse(await token({ code }))).toEqual({ error: 'bad_verification_code' })
    const refresh = { grant_type: 'refresh_token', refresh_token: given.refresh_token }
    expect(JSON.parse(await token(refresh)).access_token).not.toBe(given.access_token)
    expect(JSON.parse(await token(refresh))).toEqual({ error: 'bad_refresh_token' })
    expect(await token({ code }, '*/*')).toBe('error=bad_verification_code')
  })

  it('lists to each their own repositories, private ones where the scope reaches them', async () => {
    const tokenOf = async (login: string, scope: string): Promise<string> =>
      JSON.parse(await token({ code: await codeOf(login, scope) })).access_token
    const named = [{ full_name: 'alice/garden' }, { full_name: 'alice/diary' }]
    const alice = await tokenOf('alice', 'repo')
    expect(await ask('/user/repos', alice)).toMatchObject(named)
    expect(await ask('/user/repos', await tokenOf('alice', ''))).toMatchObject(named.slice(0, 1))
    expect(await ask('/user/repos', await tokenOf('bob', ''))).toMatchObject([{ full_name: 'bob/garden' }])
    expect(await ask('/user', alice)).toMatchObject({ id: expect.any(Number), login: 'alice', email: null })
    expect([await ask('/user/emails', alice), await ask('/user', 'gho_other')]).toEqual([404, 401])
  })

  it('ends all tokens of a person, as its app asks', async () => {
    const { access_token } = JSON.parse(await token({ code: await codeOf('carol', 'repo') }))
    const response = await fetch(`${github.api}/applications/${github.clientId}/grant`, {
      method: 'DELETE',
      headers: { authorization: `Basic ${btoa(`${github.clientId}:${github.clientSecret}`)}` },
      body: JSON.stringify({ access_token }),
    })
    expect([response.status, await ask('/user', access_token)]).toEqual([204, 401])
  })
})
