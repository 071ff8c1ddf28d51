/**
 * What is asked: by flags, by questions, or not at all.
 *
 * @module
 */

import { createInterface, type Interface } from 'node:readline/promises'
import { styleText } from 'node:util'

/** What somebody wants. */
export interface Answers {
  /** Where it goes. */
  readonly folder: string
  readonly template: 'api' | 'mcp'
  readonly login: 'development' | 'github' | 'google' | 'none'
}

/** A question; one with choices has no other answers. The first choice is the default. */
interface Question {
  readonly words: string
  readonly fallback: string
  readonly choices?: Readonly<Record<string, string>>
}

/** The questions, in their order. */
export const QUESTIONS: Readonly<Record<keyof Answers, Question>> = {
  folder: { words: 'Which folder shall it go into?', fallback: 'my-bulla' },
  template: {
    words: 'What does it protect?',
    fallback: 'api',
    choices: { api: 'an API, in Hono', mcp: 'an MCP server, which agents find by its URL' },
  },
  login: {
    words: 'How do people log in?',
    fallback: 'development',
    choices: {
      development: 'on this machine, as anybody, for now',
      github: 'by GitHub',
      google: 'by Google',
      none: 'not at all: services only',
    },
  },
}

/** Returns what an answer means: a choice by its name or number. Nothing when it means nothing. */
export function meantBy(name: keyof Answers, given: string): string | undefined {
  const { fallback, choices } = QUESTIONS[name]
  const answer = given.trim() || fallback
  if (choices === undefined) return answer
  const names = Object.keys(choices)
  return names.find((one, index) => one === answer.toLowerCase() || String(index + 1) === answer)
}

async function askOne(terminal: Interface, name: keyof Answers, isTaken: (answer: string) => string | undefined) {
  const { words, fallback, choices = {} } = QUESTIONS[name]
  console.log(`\n${styleText('bold', words)}`)
  for (const [index, [one, what]] of Object.entries(choices).entries())
    console.log(`  ${index + 1}  ${one.padEnd(12)} ${styleText('dim', what)}`)
  for (;;) {
    const answer = meantBy(name, await terminal.question(`${styleText('dim', `(${fallback})`)} > `))
    const wrong = answer === undefined ? `One of ${Object.keys(choices).join(', ')}, or its number.` : isTaken(answer)
    if (answer !== undefined && wrong === undefined) return answer
    console.log(wrong)
  }
}

/**
 * Asks what no flag has said.
 *
 * @param wrongWith says what is wrong with a folder
 * @param leave ends it all: nothing is written yet
 */
export async function askFor(
  given: Partial<Answers>,
  wrongWith: (folder: string) => string | undefined,
  leave: () => never,
): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  let isDone = false
  terminal.on('SIGINT', leave)
  terminal.on('close', () => isDone || leave())
  const answers: Partial<Record<keyof Answers, string>> = { ...given }
  for (const name of Object.keys(QUESTIONS) as (keyof Answers)[])
    answers[name] ??= await askOne(terminal, name, (answer) => (name === 'folder' ? wrongWith(answer) : undefined))
  isDone = true
  terminal.close()
  return answers as Answers
}
