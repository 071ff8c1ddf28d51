/** What the tests use of passport, its strategy for OpenID Connect, and Express's sessions, which bring no types. */
declare module 'passport' {
  import type { RequestHandler } from 'express'

  type Done = (error: Error | null, user?: unknown) => void
  export interface Profile {
    readonly id: string
    readonly displayName?: string
    readonly emails?: readonly { readonly value: string }[]
  }
  export class Passport {
    use(strategy: object): this
    serializeUser(write: (user: unknown, done: Done) => void): void
    deserializeUser(read: (user: unknown, done: Done) => void): void
    session(): RequestHandler
    authenticate(strategy: string, options?: Record<string, unknown>): RequestHandler
  }
  const passport: { readonly Passport: typeof Passport }
  export default passport
}

declare module 'passport-openidconnect' {
  import type { Profile } from 'passport'

  type Verified = (error: Error | null, user?: unknown) => void
  export default class Strategy {
    constructor(
      options: Record<string, unknown>,
      verify: (issuer: string, profile: Profile, verified: Verified) => void,
    )
  }
}

declare module 'express-session' {
  import type { RequestHandler } from 'express'
  export class MemoryStore {}
  export default function session(options: Record<string, unknown>): RequestHandler
}
