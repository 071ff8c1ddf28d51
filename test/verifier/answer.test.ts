import { expect, it } from 'vitest'
import { toResponse } from '../../src/verifier/answer.ts'

it('an answer of a resource server is one of a fetch handler, with a body or with none', async () => {
  const headers = { 'Content-Type': 'application/json', 'Retry-After': '5' }
  const answer = toResponse({ status: 503, headers, body: '{}' })
  expect([answer.status, Object.fromEntries(answer.headers), await answer.text()]).toEqual([
    503,
    { 'content-type': 'application/json', 'retry-after': '5' },
    '{}',
  ])
  const empty = toResponse({ status: 204, headers: {}, body: undefined })
  expect([empty.status, [...empty.headers], empty.body]).toEqual([204, [], null])
})
