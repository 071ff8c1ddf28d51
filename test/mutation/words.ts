/**
 * Leaves out the words of errors that hold nothing but words for the operator: what is thrown is asked for by its kind. The codes of
 * our own errors are no words, and are mutated; so is what decides which words are said. Leaves out what an error came of, which is for
 * the log. And leaves out what does not compile: `false` in a list of names, `Record<keyof Options, true>`.
 *
 * @module
 */

/** What is used here of a type in the syntax tree. */
interface Type {
  readonly type: string
  readonly literal?: { readonly value?: unknown }
  readonly typeParameters?: { readonly params: readonly Type[] }
  readonly typeArguments?: { readonly params: readonly Type[] }
}

/** What is used here of a place in the syntax tree (of Babel's `NodePath`). */
interface Place {
  readonly node: {
    readonly type: string
    readonly callee?: { readonly name?: string }
    readonly properties?: readonly { readonly key?: { readonly name?: string } }[]
    readonly id?: { readonly typeAnnotation?: { readonly typeAnnotation?: Type } }
  }
  readonly parentPath: Place | null
}

const WORDS = ['StringLiteral', 'TemplateLiteral']
const AROUND = ['BinaryExpression', 'ConditionalExpression', 'TemplateLiteral']
const ERRORS = ['Error', 'TypeError', 'RangeError', 'SyntaxError']

function isToldByError(place: Place): boolean {
  let around = place.parentPath
  while (around !== null && AROUND.includes(around.node.type)) around = around.parentPath
  return around?.node.type === 'NewExpression' && ERRORS.includes(around.node.callee?.name ?? '')
}

/** Tells whether a place is what an error came of, and nothing else: `{ cause }`. */
function isCause({ node }: Place): boolean {
  return node.type === 'ObjectExpression' && node.properties?.length === 1 && node.properties[0]?.key?.name === 'cause'
}

/** Tells whether a place is a `true` that its type asks for: in `Readonly<Record<…, true>>`. */
function isTypedTrue(place: Place): boolean {
  const around = place.parentPath?.parentPath
  let type =
    around?.node.type === 'ObjectExpression' ? around.parentPath?.node.id?.typeAnnotation?.typeAnnotation : undefined
  while (type?.type === 'TSTypeReference') type = (type.typeArguments ?? type.typeParameters)?.params.at(-1)
  return type?.type === 'TSLiteralType' && type.literal?.value === true
}

function whyLeftOut(place: Place): string | undefined {
  if (WORDS.includes(place.node.type) && isToldByError(place)) return 'words of an error'
  if (isCause(place)) return 'what an error came of'
  return place.node.type === 'BooleanLiteral' && isTypedTrue(place) ? 'its type' : undefined
}

/** Plugins of Stryker: one, that says of a place why it is left out. */
export const strykerPlugins: readonly object[] = [
  {
    kind: 'Ignore',
    name: 'words',
    value: { shouldIgnore: whyLeftOut },
  },
]
