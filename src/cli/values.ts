/**
 * The options of a call, read as what they are.
 *
 * @module
 */

import { UsageError, type Values } from './command.ts'

/** Returns the options that were given. */
export function valuesOf(given: Readonly<Record<string, unknown>>): Values {
  const textOf = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined)
  return {
    text: textOf,
    has: (name) => given[name] !== undefined && given[name] !== false,
    list: (name) => (Array.isArray(given[name]) ? given[name] : []),
    need(name) {
      const value = textOf(name)
      if (value === undefined || value === '') throw new UsageError(`--${name} is missing`)
      return value
    },
    number(name) {
      const value = textOf(name)
      if (value === undefined) return undefined
      if (!/^(0|[1-9][0-9]{0,11})$/.test(value)) throw new UsageError(`--${name} expected a whole number`)
      return Number(value)
    },
  }
}
