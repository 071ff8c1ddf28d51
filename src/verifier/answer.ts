/**
 * An answer of a resource server's own, as every framework can send it.
 *
 * @module
 */

/** Headers of an answer. */
export type AnswerHeaders = Readonly<Record<string, string>>

/** An answer that is the resource server's own. */
export interface ServerAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string | undefined
}

/** Returns an answer as `fetch` handlers give it. */
export function toResponse({ status, headers, body }: ServerAnswer): Response {
  return new Response(body ?? null, { status, headers })
}
