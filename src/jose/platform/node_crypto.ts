/**
 * The module `node:crypto`, where it is the faster way.
 *
 * @module
 */

/** The module. */
export type NodeCrypto = ReturnType<typeof process.getBuiltinModule<'node:crypto'>>

/** Tells whether this is Node, and not another runtime that has modules of the same names. */
export function isNode(): boolean {
  // Vercel's and Next.js's edge has a `process` that throws when it is asked for what it has not.
  const isEdge = 'EdgeRuntime' in globalThis
  const isNamed = !isEdge && (typeof navigator === 'undefined' || /^Node\.js\//.test(navigator.userAgent))
  return isNamed && typeof process !== 'undefined' && process.getBuiltinModule !== undefined
}

/**
 * Returns the module in Node, and nothing elsewhere: other runtimes that know it too encrypt at once by WebCrypto, and by
 * the module more slowly, or not in full.
 */
export function findNodeCrypto(): NodeCrypto | undefined {
  return isNode() ? process.getBuiltinModule('node:crypto') : undefined
}
