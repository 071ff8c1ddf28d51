/** What the tests use of oidc-provider, which brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'
  /** What is known of a request, once it was answered. */
  export interface Context {
    readonly path: string
    status: number
    body: unknown
    readonly oidc?: { readonly params?: Readonly<Record<string, string | undefined>> }
  }
  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void
    callback(): RequestListener
  }
}
