/**
 * The page of an app in a browser: buttons, and what its library says of the person.
 *
 * @module
 */

/** What the server of the page writes into it. */
export interface Registration {
  readonly issuer: string
  readonly client_id: string
  /** Where answers come back to, after a login and after a logout: the page itself. */
  readonly redirect_uri: string
  readonly scope: string
  /** Whether the library asks userinfo. */
  readonly userinfo: boolean
}

declare global {
  var registration: Registration
}

/** What a page shows. */
export interface Shown {
  /** What the library says of the person; nothing where nobody is logged in. */
  readonly person?: Readonly<Record<string, unknown>> | undefined
  readonly id_token?: string | undefined
  readonly access_token?: string | undefined
}

/** Shows what an action leads to, or why it does not; nothing of one by which the page is left. */
export function show(action: () => Promise<unknown>): void {
  const pre = document.querySelector('pre') as HTMLPreElement
  pre.textContent = ''
  action().then(
    (shown) => {
      if (shown !== undefined) pre.textContent = JSON.stringify(shown)
    },
    (error: unknown) => {
      pre.textContent = JSON.stringify({ error: error instanceof Error ? error.message : error })
    },
  )
}

/** Puts a button into the page. */
export function offer(name: string, action: () => Promise<unknown>): void {
  const button = document.createElement('button')
  button.textContent = name
  button.onclick = () => show(action)
  document.body.append(button)
}
