/** What the Worker uses of the module that exists inside workerd alone. */
declare module 'cloudflare:workers' {
  /** The rows of a query. */
  interface SqlCursor<Row> {
    toArray(): Row[]
    one(): Row
  }

  /** A Durable Object's surroundings, as far as the guard uses them. */
  interface DurableObjectState {
    readonly storage: {
      readonly sql: {
        exec<Row = Record<string, unknown>>(query: string, ...bindings: readonly unknown[]): SqlCursor<Row>
      }
      transactionSync<Result>(act: () => Result): Result
      getAlarm(): Promise<number | null>
      setAlarm(at: number): Promise<void>
    }
    waitUntil(promise: Promise<unknown>): void
  }

  /** The class that Durable Objects extend. */
  export abstract class DurableObject {
    protected readonly ctx: DurableObjectState
    constructor(ctx: DurableObjectState, env: unknown)
    alarm?(): Promise<void>
  }
}
