/**
 * A KV namespace in memory, as workerd asks for one over HTTP: nothing on disk, no network, so faster than any real one.
 *
 * @module
 */

const kept = new Map<string, { readonly value: ArrayBuffer; readonly metadata: string | null }>()

function list(prefix: string): Response {
  const keys = [...kept.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name }))
  return Response.json({ keys, list_complete: true, cacheStatus: null })
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const name = decodeURIComponent(pathname.slice(1))
    if (name === '' && request.method === 'GET') return list(searchParams.get('prefix') ?? '')
    if (request.method === 'PUT') {
      kept.set(name, { value: await request.arrayBuffer(), metadata: request.headers.get('cf-kv-metadata') })
      return new Response()
    }
    if (request.method === 'DELETE') {
      kept.delete(name)
      return new Response()
    }
    const found = kept.get(name)
    if (found === undefined) return new Response(null, { status: 404 })
    return new Response(found.value, { headers: found.metadata === null ? {} : { 'cf-kv-metadata': found.metadata } })
  },
}
