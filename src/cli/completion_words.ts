/**
 * What all shells complete alike: the first words of calls, and what a value can be.
 *
 * @module
 */

import type { Command, Option } from './command.ts'

/** What stands for a word: files, one of a few words, or whatever somebody writes. */
export type Wanted = 'file' | 'free' | readonly string[]

/** Returns what an option wants behind it; nothing for a switch. */
export function wantedBy({ value, choices }: Option): Wanted | undefined {
  if (value === undefined) return undefined
  return choices ?? (value === 'FILE' ? 'file' : 'free')
}

/** Returns what a command wants without an option's name; nothing where it takes no such word. */
export function wantedOf({ operand, choices }: Command): Wanted | undefined {
  if (operand === undefined) return undefined
  return choices ?? (operand === 'FILE' ? 'file' : 'free')
}

/** Returns the first words of all commands, each with what stands behind it; none where it is a whole call. */
export function firstWords(commands: readonly Command[]): ReadonlyMap<string, readonly Command[]> {
  const words = [...new Set(commands.map(({ call }) => call.split(' ')[0] ?? ''))]
  return new Map(words.map((word) => [word, commands.filter(({ call }) => call.startsWith(`${word} `))]))
}

/** Returns the second word of a call. */
export function secondWord({ call }: Command): string {
  return call.split(' ')[1] ?? ''
}

/** What stands in the place of a command, too. */
export const OTHERS: Readonly<Record<string, string>> = {
  help: 'what commands there are',
  '--help': 'what commands there are',
  '--version': 'which version this is',
}

/** Returns a text as every shell reads it whole. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
