/**
 * The version of this package, as it says of itself.
 *
 * @module
 */

/** The version, as in `package.json`. */
export const VERSION = '0.1.0'
