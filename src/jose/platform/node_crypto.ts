/**
 * The module `node:crypto`, where it is the faster way.
 *
 * @module
 */

/** The module. */
export type NodeCrypto = ReturnType<typeof process.getBuiltinModule<'node:crypto'>>

/**
 * Returns the module in Node, and nothing elsewhere: other runtimes that know it too encrypt at once by WebCrypto, and by
 * the module more slowly, or not in full.
 */
export function findNodeCrypto(): NodeCrypto | undefined {
  // Vercel's and Next.js's edge has a `process` that throws when it is asked for what it has not.
  const isEdge = 'EdgeRuntime' in globalThis
  const isNode = !isEdge && (typeof navigator === 'undefined' || /^Node\.js\//.test(navigator.userAgent))
  return isNode && typeof process !== 'undefined' && process.getBuiltinModule !== undefined
    ? process.getBuiltinModule('node:crypto')
    : undefined
}
