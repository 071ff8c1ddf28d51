/**
 * What goes on beside an answer.
 *
 * @module
 */

/** Keeps a worker awake until a promise is settled: `waitUntil` of `cloudflare:workers`, or of an execution context. */
export type WaitUntil = (promise: Promise<unknown>) => void
