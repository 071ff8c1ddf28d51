/**
 * Whether a client may have one code more for a device to show.
 *
 * @module
 */

/**
 * Tells whether a client may have a code for a device: false when it may not have one more, and the answer is 429.
 *
 * @param countOpen counts this code, at the guard, for the place that it is told, such as an address, and returns how many this
 * client got there in the ten minutes that a code lives
 * @param env what came beside the request, as for `certificate`
 */
export type AllowDevice = (
  request: Request,
  clientId: string,
  countOpen: (where: string) => Promise<number>,
  env: unknown,
) => Promise<boolean>
