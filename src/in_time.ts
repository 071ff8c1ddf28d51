/**
 * What is waited for, but not for ever.
 *
 * @module
 */

/**
 * Waits for what comes. It goes on where it comes too late, and nobody hears of it.
 *
 * @param milliseconds how long, at the most
 * @param late returns what is thrown when nothing came until then
 */
export async function inTime<Coming>(
  coming: Promise<Coming>,
  milliseconds: number,
  late: () => Error,
): Promise<Coming> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  return Promise.race([coming, over]).finally(() => clearTimeout(timer))
}
