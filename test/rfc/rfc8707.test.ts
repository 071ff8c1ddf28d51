import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API, API2, type TokenAnswer, type TokenRequestChanges, tokenRequest } from '../fixtures.ts'

const send = async (form: [string, string][], client: TokenRequestChanges['client'] = 'service') => {
  const response = await exports.default.fetch(
    tokenRequest({ client, form: [['grant_type', 'client_credentials'], ...form] }),
  )
  const { access_token, ...answer } = (await response.json()) as TokenAnswer
  return { status: response.status, answer, hasToken: access_token !== undefined }
}

describe('the resource parameter (RFC 8707 §2)', () => {
  it.each<[string, [string, string][], string]>([
    ['named', [['resource', API2]], 'read mail'],
    [
      'named twice alike',
      [
        ['resource', API2],
        ['resource', API2],
      ],
      'read mail',
    ],
    ['told by the scope alone', [['scope', 'mail']], 'mail'],
  ])('%s decides for which resource the token is', async (_, form, scope) => {
    expect(await send(form)).toMatchObject({ status: 200, answer: { scope, expires_in: 300 } })
  })

  it('may be left out by a client that has just one', async () => {
    expect(await send([], 'one')).toMatchObject({ status: 200, answer: { scope: 'read write' } })
  })

  it.each<[string, [string, string][]]>([
    ['MUST be an absolute URI', [['resource', '/api']]],
    ['MUST be an absolute URI, not a word', [['resource', 'api']]],
    ['MUST NOT include a fragment', [['resource', `${API}#f`]]],
    ['must be known', [['resource', 'https://unknown.example']]],
    ['is compared as a text: slash', [['resource', `${API}/`]]],
    ['is compared as a text: case', [['resource', 'HTTPS://api1.example']]],
    [
      'must be one: an access token has one audience',
      [
        ['resource', API],
        ['resource', API2],
      ],
    ],
    ['must be told where there are several', []],
    ['must be told where several know the scope', [['scope', 'read']]],
  ])('%s (RFC 8707 §2)', async (_, form) => {
    const { status, answer, hasToken } = await send(form)
    expect([status, answer.error, hasToken]).toEqual([400, 'invalid_target', false])
  })

  it("must be the client's", async () => {
    expect(await send([['resource', API2]], 'one')).toMatchObject({ status: 400, answer: { error: 'invalid_target' } })
  })
})
