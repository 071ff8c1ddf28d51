/**
 * Leaves out the words of errors that hold nothing but words for the operator: what is thrown is asked for by its kind. The codes of
 * our own errors are no words, and are mutated; so is what decides which words are said.
 *
 * @module
 */

/** What is used here of a place in the syntax tree (of Babel's `NodePath`). */
interface Place {
  readonly node: { readonly type: string; readonly callee?: { readonly name?: string } }
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

/** Plugins of Stryker: one, that says of a place why it is left out. */
export const strykerPlugins: readonly object[] = [
  {
    kind: 'Ignore',
    name: 'words',
    value: {
      shouldIgnore: (place: Place) =>
        WORDS.includes(place.node.type) && isToldByError(place) ? 'words of an error' : undefined,
    },
  },
]
