/**
 * What the sources say of a setting: its type, its comment, and the bounds and defaults by which it is read.
 *
 * @module
 */

import { join } from 'node:path'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '..', '..')

/** The folders in which settings are read. */
const READERS = /\/src\/(?:registration|settings|openid|login|homes_on_workers)/

/** A member of an interface, as its comment and its type say it. */
export interface Member {
  readonly name: string
  /** The comment, without what the other members say. */
  readonly meaning: string
  /** What can stand there, in Markdown. */
  readonly takes: string
  /** What counts where nothing stands there, in Markdown. */
  readonly without: string
}

/** The sources. */
export interface Source {
  /** Returns the members of an exported interface, those that it extends too. */
  membersOf(file: string, type: string): readonly Member[]
  /** What comments say and the code reads otherwise: bounds, and defaults that are written out. */
  readonly faults: readonly string[]
}

/** The lowest and the highest number that may stand there. */
type Bounds = readonly [least: number, most: number | undefined]

let made: Source | undefined

/** Returns the last word of the name by which a reader calls a setting in its faults. */
function calledName(node: ts.Node | undefined): string | undefined {
  const text = node && ts.isTemplateExpression(node) ? node.templateSpans.at(-1)?.literal.text : node && textOf(node)
  return text === undefined ? undefined : /(\w+)$/.exec(text)?.[1]
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) ? node.text : undefined
}

/** Returns a literal as comments write it; nothing for all else. */
function literalOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteral(node)) return JSON.stringify(node.text)
  if (ts.isNumericLiteral(node)) return node.text.replaceAll('_', '')
  const word = node.getText()
  return word === 'true' || word === 'false' ? word : undefined
}

function add<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  map.set(name, [...(map.get(name) ?? []), value])
}

/** Returns the bounds and the defaults by which the sources read, by the names of settings. */
function readBy(program: ts.Program, checker: ts.TypeChecker) {
  const bounds = new Map<string, Bounds[]>()
  const defaults = new Map<string, string[]>()
  const numberOf = (node: ts.Expression | undefined): number | undefined => {
    if (node === undefined) return undefined
    const type = checker.getTypeAtLocation(node)
    if (type.isNumberLiteral()) return type.value
    // A constant whose type is written out.
    const named = checker.getSymbolAtLocation(node)
    const declared = named && (named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named)
    const { valueDeclaration: at } = declared ?? {}
    const literal = at && ts.isVariableDeclaration(at) && at.initializer && literalOf(at.initializer)
    return literal ? Number(literal) : undefined
  }
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:read|check)Integer$/.test(node.expression.getText())) {
      const [called, , least, most] = node.arguments
      const name = calledName(called)
      const lowest = numberOf(least)
      if (name !== undefined && lowest !== undefined) add(bounds, name, [lowest, numberOf(most)])
    }
    if (ts.isBindingElement(node) && node.initializer !== undefined) {
      const literal = literalOf(node.initializer)
      if (literal !== undefined) add(defaults, (node.propertyName ?? node.name).getText(), literal)
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      const literal = literalOf(node.right)
      if (literal !== undefined) add(defaults, node.left.getText(), literal)
    }
    ts.forEachChild(node, look)
  }
  for (const file of program.getSourceFiles()) if (READERS.test(file.fileName)) look(file)
  return { bounds, defaults }
}

const code = (text: string): string => `\`${text}\``

/** Returns what a type takes, in Markdown. */
function takesOf(checker: ts.TypeChecker, given: ts.Type, bounds: Bounds | undefined): string {
  const isUnknown = (given.flags & ts.TypeFlags.Unknown) !== 0
  if (isUnknown && bounds === undefined) return ''
  const type = checker.getNonNullableType(given)
  const parts = type.isUnion() ? type.types : [type]
  if (parts.every((part) => part.isStringLiteral()))
    return parts
      .map((part) => code(checker.typeToString(part)))
      .toSorted()
      .join(', ')
  if (parts.every((part) => part.flags & ts.TypeFlags.BooleanLiteral)) return '`true`, `false`'
  if (parts.length > 1) {
    const each = parts.map((part) => takesOf(checker, part, bounds))
    return [...new Set(each)].join('; or ')
  }
  if (isUnknown || type.flags & ts.TypeFlags.Number) {
    const [least, most] = bounds ?? []
    if (least === undefined) return 'a number'
    return most === undefined ? `a number from ${least}` : `${least} to ${most}`
  }
  if (type.flags & ts.TypeFlags.String) return 'text'
  if (type.getCallSignatures().length > 0) return 'function'
  const [element] = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : []
  if (element !== undefined) {
    const of = takesOf(checker, element, undefined)
    return of === 'text' ? 'list of texts' : of === 'table' ? 'list of tables' : `list of ${of}`
  }
  return type.getProperty('keys') !== undefined ? 'JWK Set' : 'table'
}

const DEFAULT = /(?:^|\s)Default:? (.+?)(?<!\b(?:e\.g|i\.e))\.(?=\s|$)/
const BOUNDS = /[,;:]? (?:from )?(\d+) to (\d+)(?=[.;,:])/

/** Returns the sources: their program is made once. */
export function readSource(): Source {
  made ??= makeSource()
  return made
}

function makeSource(): Source {
  const program = ts.createProgram([join(ROOT, 'src/index.ts')], {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const { bounds, defaults } = readBy(program, checker)
  const faults: string[] = []

  function memberOf(type: string, symbol: ts.Symbol): Member {
    const { name } = symbol
    const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0
    const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll('\n', ' ')
    if (comment === '') faults.push(`${type}.${name} has no comment`)
    const all = bounds.get(name) ?? []
    const said = BOUNDS.exec(comment)
    const isBound = said !== null && all.length > 0
    const own = isBound ? all.find(([least, most]) => least === Number(said[1]) && most === Number(said[2])) : all[0]
    if (own === undefined ? isBound : !isBound && new Set(all.map(String)).size > 1)
      faults.push(
        `${type}.${name} is said to be${said?.[0] ?? ' unbound'}, and read from ${all.join('; ').replaceAll(',', ' to ')}`,
      )
    const [sentence, words = ''] = DEFAULT.exec(comment) ?? []
    const literal = /^(?:"[^"]*"|`"[^"]*"`|true|false|\d+)(?=$|[,:;])/.exec(words)?.[0].replaceAll('`', '')
    const read = defaults.get(name)
    if (literal !== undefined && read !== undefined && !read.includes(literal))
      faults.push(`${type}.${name} is said to be ${literal} by default, and read as ${read.join(' or ')}`)
    const meaning = comment.replace(sentence ?? '', '').replace(isBound ? said[0] : '', '')
    return {
      name,
      meaning: meaning.trim(),
      takes: takesOf(checker, checker.getTypeOfSymbol(symbol), own),
      without:
        words === '' ? (isOptional ? '' : 'needed') : words.replace(/^(?:true|false|\d+)(?=$|[,:;])/, code('$&')),
    }
  }

  return {
    membersOf(file, type) {
      const source = program.getSourceFile(join(ROOT, file))
      const module = source && checker.getSymbolAtLocation(source)
      const found = module && checker.getExportsOfModule(module).find(({ name }) => name === type)
      if (found === undefined) throw new RangeError(`${file} exports no ${type}`)
      return checker
        .getDeclaredTypeOfSymbol(found)
        .getProperties()
        .map((symbol) => memberOf(type, symbol))
    },
    get faults() {
      return faults
    },
  }
}
