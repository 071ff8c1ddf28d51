import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../src/index.ts'
import { faultOf } from './answers.ts'
import { fuzz } from './fuzz.ts'

describe('fuzzing', () => {
  // promise: I08
  it('1500 requests by grammar, and 1500 mutated tokens: no 5xx, no leak, no redirect elsewhere, no forgery', async () => {
    const { finding, statuses, requests } = await fuzz({ requests: 1500, seed: 20_261_125 })
    expect(finding).toBe(undefined)
    expect(requests).toBeGreaterThanOrEqual(1500)
    // What never gets past the first check tries nothing.
    const done = [200, 201, 303].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
    expect(done / requests).toBeGreaterThan(1 / 3)
    for (const status of [200, 201, 303, 400, 401]) expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0])
  })

  it('sees a 5xx, a line at level error, and a redirect elsewhere', async () => {
    const asked = { path: '/token', method: 'POST', text: '{}', lines: [] }
    const headers = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
    const fault = (status: number, more = {}, lines: readonly LogEntry[] = []) =>
      faultOf({ ...asked, lines, response: new Response(null, { status, headers: { ...headers, ...more } }) }, [])
    expect(fault(500)).toBe('status 500')
    expect(fault(400, {}, [{ level: 'error', event: 'token' }])).toContain('level error')
    expect(fault(303, { location: 'https://app.example/cb', 'cache-control': 'public' })).toContain('kept')
    expect(fault(303, { location: 'https://elsewhere.example/cb' })).toContain('goes to')
    expect(fault(303, { location: 'https://app.example/cb?code=x' })).toBe(undefined)
    for (const answer of ['error=access_denied', 'code=x'])
      expect(fault(303, { location: `https://agent.example/cb?${answer}` })).toContain('goes to')
  })
})
