/** What Bun and Deno have of their own, as far as the programs beside this file ask for it. */

declare module 'bun:sqlite' {
  export class Database {
    constructor(path: string)
    exec(text: string): void
    query(text: string): { all(...values: readonly unknown[]): readonly Readonly<Record<string, unknown>>[] }
  }
}

declare const Bun: {
  serve(options: {
    readonly port: number
    readonly hostname: string
    readonly fetch: (request: Request, server: unknown) => Response | Promise<Response>
  }): unknown
}

declare const Deno: {
  serve(
    options: { readonly port: number; readonly hostname: string; readonly onListen: () => void },
    handler: (request: Request, info: unknown) => Response | Promise<Response>,
  ): unknown
}
