import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAst } from 'vite'
import { describe, expect, it } from 'vitest'
import { REASONS } from '../../src/protocol/reasons.ts'
import { ROOT } from '../checkout.ts'

/** A part of a program, as its parser sees it. */
interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

/** A part of a program, with its own text. */
interface Part {
  readonly syntax: Syntax
  readonly file: string
  readonly text: string
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && typeof (value as Syntax).type === 'string'
}

/** Returns a part and all that it is made of. */
function within(part: Part | undefined): readonly Part[] {
  if (part === undefined) return []
  const { syntax, ...place } = part
  const below = Object.values(syntax).flatMap((member) => (Array.isArray(member) ? member : [member]))
  return [part, ...below.filter(isSyntax).flatMap((one) => within({ ...place, syntax: one }))]
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

const parts = files.flatMap((file) => {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8')
  return within({ syntax: parseAst(text, { lang: 'ts' }) as unknown as Syntax, file, text })
})

function memberOf({ syntax, ...place }: Part, name: string): Part | undefined {
  const member = syntax[name]
  return isSyntax(member) ? { ...place, syntax: member } : undefined
}

function textOf(part: Part | undefined): string {
  return part === undefined ? '' : part.text.slice(part.syntax.start, part.syntax.end)
}

/** Returns what is called, or made, so. */
function callsOf(type: string, name: string): readonly Part[] {
  return parts.filter((part) => part.syntax.type === type && textOf(memberOf(part, 'callee')) === name)
}

/** Returns an argument of a call. */
function argument(call: Part, index: number): Part | undefined {
  const one = (call.syntax['arguments'] as readonly unknown[])[index]
  return isSyntax(one) ? { ...call, syntax: one } : undefined
}

/** Returns the texts that stand in a part. */
function wordsIn(part: Part | undefined): readonly string[] {
  return within(part).flatMap(({ syntax }) => (typeof syntax['value'] === 'string' ? [syntax['value']] : []))
}

/** Tells whether what is declared there is a reason, or holds some. */
function isDeclared(part: Part, ...names: readonly string[]): boolean {
  return names.some((name) => /\b(?:Store)?Reason\b/.test(textOf(memberOf(part, name))))
}

/** Returns the words that a place gives as a reason: as an argument, or a member, or what is declared to be one. */
function reasonsAt(part: Part): readonly string[] {
  switch (part.syntax.type) {
    case 'CallExpression': {
      const name = textOf(memberOf(part, 'callee'))
      const given = name === 'refusal' ? [1] : name === 'refuse' ? [0, 1] : []
      return given.flatMap((index) => wordsIn(argument(part, index)))
    }
    case 'NewExpression':
      return textOf(memberOf(part, 'callee')) === 'StoreError' ? wordsIn(argument(part, 0)) : []
    case 'Property':
      return textOf(memberOf(part, 'key')) === 'reason' ? wordsIn(memberOf(part, 'value')) : []
    case 'AssignmentExpression':
      return textOf(memberOf(part, 'left')) === 'this.reason' ? wordsIn(part) : []
    case 'FunctionDeclaration':
      return isDeclared(part, 'returnType') ? wordsIn(memberOf(part, 'body')) : []
    case 'VariableDeclarator':
      return isDeclared(part, 'id', 'init') ? wordsIn(memberOf(part, 'init')) : []
    default:
      return []
  }
}

/** What says nothing: that of code which is not ours, and that of a fault. */
const LAST = ['own', 'unexpected']

describe('why something was refused', () => {
  it('is said by each place that refuses: none makes an error without a reason of the list', () => {
    const made = callsOf('NewExpression', 'OAuthError').map(({ file }) => file)
    expect(made).toEqual([join('protocol', 'error.ts')])
  })

  it('is said more exactly than by the last word, but of what nobody foresaw', () => {
    const vague = callsOf('CallExpression', 'refusal').filter((call) =>
      wordsIn(argument(call, 1)).some((word) => LAST.includes(word)),
    )
    expect(new Set(vague.map(({ file }) => file))).toEqual(
      new Set([join('http', 'respond.ts'), join('grants', 'token_lease.ts'), 'live_settings.ts']),
    )
  })

  it('is one word of a list, of which each is said by some place', () => {
    const said = new Set(parts.filter(({ file }) => file !== join('protocol', 'reasons.ts')).flatMap(reasonsAt))
    expect(Object.keys(REASONS).filter((word) => !said.has(word))).toEqual([])
  })
})
