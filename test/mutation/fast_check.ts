/**
 * What stands for `fast-check` while mutants are asked: a property that fails has said all that a mutant is asked for, and no smaller example
 * is looked for, which can take a minute.
 *
 * @module
 */

import fc from '../../node_modules/fast-check/lib/fast-check.js'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })

export * from '../../node_modules/fast-check/lib/fast-check.js'
export default fc
