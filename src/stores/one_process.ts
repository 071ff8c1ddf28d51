/**
 * What lives in the memory of one process, and is right there alone.
 *
 * @module
 */

/** How what lives in memory may be used. */
export interface OneProcessOptions {
  /**
   * That there is one process, never two, that never restarts. Without it, what is in memory is refused where the platform would start more, and
   * warned of at any issuer but a loopback one. Default false.
   */
  readonly single?: boolean
}

const inMemory = new WeakMap<object, boolean>()

/** Notes that something lives in memory, and whether somebody has written out that there is one process. */
export function keepInMemory<Store extends object>(store: Store, { single = false }: OneProcessOptions): Store {
  inMemory.set(store, single)
  return store
}

/** Tells whether something lives in memory: `single` where it was written out that there is one process. */
export function livesInMemory(store: unknown): 'single' | 'any' | undefined {
  const single = typeof store === 'object' && store !== null ? inMemory.get(store) : undefined
  return single === undefined ? undefined : single ? 'single' : 'any'
}

/** Variables by which a platform says that it starts as many processes as it likes. */
const MANY: Readonly<Record<string, string>> = {
  AWS_LAMBDA_FUNCTION_NAME: 'AWS Lambda',
  VERCEL: 'Vercel',
  NETLIFY: 'Netlify',
  K_SERVICE: 'Cloud Run',
}

/** Returns where there are as many processes as the platform likes; nothing where nothing says so. */
export function placeOfMany(env: Readonly<Record<string, string | undefined>>, isWorker: boolean): string | undefined {
  const [, place] = Object.entries(MANY).find(([name]) => env[name]) ?? []
  return place ?? (isWorker ? 'a worker of a cluster' : undefined)
}
