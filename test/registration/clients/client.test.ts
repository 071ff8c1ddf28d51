import { describe, expect, it } from 'vitest'
import { type Client, isSecretOf } from '../../../src/registration/clients/client.ts'
import { checkSettings } from '../../../src/settings/settings.ts'
import { SECRETS, testSettings } from '../../fixtures.ts'

const { clients } = checkSettings(testSettings())
const client = (id: string): Client | undefined => clients.get(id)

describe('the secret of a client', () => {
  it('is the one whose hash is kept, or while it is changed one of two', () => {
    expect(isSecretOf(client('service'), SECRETS.service)).toBe(true)
    expect(isSecretOf(client('turning'), 'new-secret')).toBe(true)
    expect(isSecretOf(client('turning'), 'old-secret')).toBe(true)
  })

  it.each([
    ['another', 'service', 'other'],
    ['a shorter one', 'service', 'service-secre'],
    ['a longer one', 'service', 'service-secret '],
    ['one with a NUL', 'service', 'service-secret\0'],
    ['none', 'service', ''],
    ['any, of a public client', 'app', ''],
    ['any, of no client', 'nobody', ''],
    ['any, of a prototype', '__proto__', 'x'],
  ])('is not %s (RFC 6749 §2.3.1)', (_, id, secret) => {
    expect(isSecretOf(client(id), secret)).toBe(false)
  })
})
