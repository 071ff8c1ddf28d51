/**
 * A property that fails has said all that a mutant is asked for: no smaller example is looked for, which can take a minute.
 *
 * @module
 */

import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
