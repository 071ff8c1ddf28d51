/** The Worker of the API. */
import { createApi, type Settings } from './api.ts'

let api: ReturnType<typeof createApi> | undefined

export default {
  fetch(request: Request, env: Settings): Response | Promise<Response> {
    api ??= createApi(env)
    return api.fetch(request)
  },
}
