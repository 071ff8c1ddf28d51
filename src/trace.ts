/**
 * Measures parts of a request, by whatever the operator measures with.
 *
 * @module
 */

/** A store whose calls are measured. */
export type MeasuredStore = 'guard' | 'revocations'

/** A part of a request that is worth measuring. Nothing here names a person, or opens anything. */
export type TracedPart =
  /** `POST /token` from its form to its answer; `url` is the endpoint's own. */
  | { readonly part: 'token'; readonly method: string; readonly url: string; readonly request: string | undefined }
  /** A call of the guard, or of the list of revocations: `spend`, `read`. */
  | { readonly part: MeasuredStore; readonly operation: string }
  /** All that a way to log in does for one call: `authenticate`, `refresh`, `revoke`, `endSession`; of several ways, at which. */
  | { readonly part: 'login'; readonly operation: string; readonly provider: string | undefined }
  /** A fetch of what others tell, until its headers are there: without a query; of what a stranger named, without a URL. */
  | { readonly part: 'fetch'; readonly method: string; readonly url: string | undefined }
  /** A signature of the issuer's. */
  | { readonly part: 'signing'; readonly alg: string }

/**
 * Runs a part of a request, and measures it. What it throws, returns or never does changes no answer: the part runs once, and the
 * request goes on with what that gives.
 */
export type Trace = (part: TracedPart, run: () => Promise<unknown>) => unknown

/** Runs a part of a request, measured or not. */
export type Measure = <Result>(part: TracedPart, run: () => Promise<Result>) => Promise<Result>

/** Returns what runs parts of requests, and never fails of itself. */
export function createMeasure(trace: Trace | undefined): Measure {
  if (trace === undefined) return (_, run) => run()
  return (part, run) => {
    // What throws before it runs has run, too.
    const start = async (): ReturnType<typeof run> => run()
    let running: ReturnType<typeof start> | undefined
    const once = (): ReturnType<typeof start> => {
      running ??= start()
      return running
    }
    try {
      Promise.resolve(trace(part, once)).catch(() => {})
    } catch {
      // Who measures is told nothing, and stops nothing.
    }
    return once()
  }
}
