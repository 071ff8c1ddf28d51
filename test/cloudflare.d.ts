/** What the tests use of the modules that exist inside workerd alone. */
declare module 'cloudflare:workers' {
  export const exports: { readonly default: { fetch(request: Request): Promise<Response> } }
  export const env: Readonly<Record<string, unknown>>
}
