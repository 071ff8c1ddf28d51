import { expect, it } from 'vitest'
import { DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE } from '../../src/protocol/grant_type.ts'

it('grant types are called as IANA registered them (RFC 7523 §2.1, RFC 8628 §3.4, RFC 8693 §2.1)', () => {
  expect([DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE]).toEqual([
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
})
