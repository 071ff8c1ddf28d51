/** What the tests use of the modules that exist inside workerd alone. */
declare module 'cloudflare:workers' {
  export const exports: { readonly default: { fetch(request: Request): Promise<Response> } }
  export const env: Readonly<Record<string, unknown>>
}

declare module 'cloudflare:test' {
  interface State {
    readonly storage: {
      readonly sql: { exec<Row>(query: string, ...bindings: readonly unknown[]): { one(): Row; toArray(): Row[] } }
      getAlarm(): Promise<number | null>
    }
  }
  export function evictAllDurableObjects(): Promise<void>
  export function listDurableObjectIds(namespace: unknown): Promise<readonly unknown[]>
  export function runDurableObjectAlarm(stub: unknown): Promise<boolean>
  export function runInDurableObject<Result>(
    stub: unknown,
    act: (instance: unknown, state: State) => Result | Promise<Result>,
  ): Promise<Result>
}
