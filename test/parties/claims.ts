/** What a login tells of anybody, beside who it is. */
export const CLAIMS = { name: 'Alice Example', email: 'alice@example.com', email_verified: true } as const
