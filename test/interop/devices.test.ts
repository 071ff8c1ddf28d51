import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, ROOT } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { createVisitor } from '../parties/visitor.ts'
import { shows } from './shows.ts'

/** Unmodified clients with the device flow, at a fresh development issuer. */
let live: LiveIssuer
beforeAll(async () => {
  live = await startIssuer()
}, 60_000)
afterAll(() => live?.stop())

describe('openid-client as a device', () => {
  it.each([
    ['with a bearer token', false],
    ['with a DPoP key', true],
  ])(
    'shows a code, waits for its person, and gets a token, an ID token and a new token later, %s',
    async (_, isBound) => {
      const config = await openid.discovery(
        new URL(live.issuer),
        'demo-cli',
        { id_token_signed_response_alg: 'ES256' },
        openid.None(),
        {
          execute: [openid.allowInsecureRequests],
        },
      )
      const DPoP = isBound ? openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256')) : undefined
      const begun = await openid.initiateDeviceAuthorization(config, {
        scope: 'openid profile orders:read',
        resource: 'https://api.example.com',
      })
      const seen: string[] = []
      const waiting = openid.pollDeviceAuthorizationGrant(config, begun, undefined, { ...(DPoP && { DPoP }) })
      const arrival = await createVisitor().visit(begun.verification_uri_complete ?? '', (url) => {
        seen.push(url.pathname)
        return url
      })
      expect(arrival.text).toContain('Your device is let in')
      expect(seen).toContain('/device')
      const tokens = await waiting
      expect([tokens.scope, tokens.token_type]).toEqual(['orders:read', isBound ? 'dpop' : 'bearer'])
      expect(tokens.claims()).toMatchObject({ iss: live.issuer, aud: 'demo-cli', sub: 'alice' })
      const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, {
        ...(DPoP && { DPoP }),
      })
      expect(renewed.access_token).not.toBe(tokens.access_token)
      shows('openid-client', 'devices')
    },
    60_000,
  )
})

describe('bulla login as the docs have it', () => {
  it('ends with a token, once its person has allowed it', async () => {
    const line = blockOf('device-login')
      .trim()
      .replace('http://localhost:8787', live.issuer)
      .replace(/\)$/, ' --no-browser)')
    const child = spawn('bash', ['-ec', `${line} && echo "$TOKEN"`], { cwd: ROOT, env: ENV })
    const out = text(child.stdout)
    for await (const words of createInterface(child.stderr)) {
      const [code] = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(words) ?? []
      if (code !== undefined) await createVisitor().visit(`${live.issuer}/device?user_code=${code}`)
    }
    expect(await out).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+\n$/)
  }, 60_000)
})
