import { expect, it, vi } from 'vitest'
import { ISSUER } from './fixtures.ts'

// promise: S01
it('answers 503 to everything when its settings are wrong, and says on the log what is (S01)', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  // An entry of its own: modules are read once for all files, and who asks the Worker after this one would meet these settings.
  const entry = '../src/worker.ts?wrong'
  const { default: worker }: typeof import('../src/worker.ts') = await import(entry)
  const env = { ISSUER, CLIENTS: { service: { client_secret: 'canary' } } }
  for (const path of ['/token', '/healthz', '/.well-known/oauth-authorization-server']) {
    const response = await worker.fetch(new Request(ISSUER + path), env)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await response.json()).toMatchObject({
      status: 'unavailable',
      reason: 'settings',
      error: 'temporarily_unavailable',
    })
  }
  expect(error).toHaveBeenCalledOnce()
  expect(error.mock.calls[0]?.[0]).toContain('has no setting \\"client_secret\\"')
  expect(error.mock.calls[0]?.[0]).not.toContain('canary')
})
