/** A grant type of our own: a session of the shop's old system, once, for a token. */
import { entitleSubject, type Grant, OAuthError } from 'bulla'

/** Returns the grant type; `secret` is what the old system signs its sessions with. */
export function shopSession(secret: string): Grant {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const decode = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return {
    type: 'https://shop.example.com/grants/session',
    async decide(parameters, client, context) {
      // Read all: a session is user.expiry.signature.
      const [user = '', expiry = '', signature = ''] = parameters.require('session').split('.')
      // Check all.
      const hmac = { name: 'HMAC', hash: 'SHA-256' }
      const key = await crypto.subtle.importKey('raw', bytes(secret), hmac, false, ['verify'])
      const isOurs =
        /^[A-Za-z0-9+/]{43}=$/.test(signature) &&
        (await crypto.subtle.verify('HMAC', key, decode(signature), bytes(`${user}.${expiry}`)))
      if (!isOurs || !(Number(expiry) > context.now)) throw new OAuthError('invalid_grant', 'the session is not good')
      const entitlement = entitleSubject(`shop:${user}`, parameters, client, context)
      return {
        entitlement: { ...entitlement, exp: Math.min(entitlement.exp, Number(expiry)) },
        // Spend once, when there is a token: what was signed, for the signature has other spellings.
        async spend() {
          const spent = await context.guard?.spend(`shop ${user}.${expiry}`, Number(expiry))
          if (spent !== 'first') throw new OAuthError('invalid_grant', 'the session was used before')
        },
      }
    },
  }
}
