/** The peers are not there when the types are checked. */
declare module '@cloudflare/workers-oauth-provider' {
  export class OAuthProvider {
    constructor(options: never)
  }
}
