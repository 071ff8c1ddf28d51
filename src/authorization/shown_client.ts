/**
 * What a person is told of a client: what the operator wrote, or what may be believed of one that nobody configured. That is where
 * the answer goes, and who published its document; its name is what it calls itself.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { ShownWalkIn } from '../pages/consent.ts'
import { LANGUAGES } from '../pages/language.ts'
import { skeletonsOf, withFullStops } from '../protocol/confusable.ts'
import { isOnDevice } from '../protocol/redirect_uri.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Destination } from './destination.ts'

/** What cookies call an app on the person's own device that may be called nothing else: nobody else can be called so. */
export const ON_DEVICE: string = LANGUAGES.en.common.appOnDevice

/** What a person is told of a client. */
export interface ShownClient {
  /** Nothing of one on the person's own device that may be called nothing else. */
  readonly name: string | undefined
  /** What is known of one that nobody configured. */
  readonly walkIn: ShownWalkIn | undefined
}

/** Returns what a person is told of the client of a request. */
export type ShowClient = (
  destination: Pick<Destination, 'client'> & Partial<Pick<Destination, 'redirectUri'>>,
) => ShownClient

/** Returns the host to which an answer goes; nothing where that is an app on the person's own device. */
export function placeOf(redirectUri: string | undefined): string | undefined {
  return redirectUri === undefined || isOnDevice(redirectUri) ? undefined : new URL(redirectUri).host
}

/** A host or a URL: where a name gives way it is a host that stands there. */
const PLACE = /^\S+[.]\p{L}[\p{L}\p{N}-]*(?:[:/?#]\S*)?$/u

/** What stands between words of a name, brackets and quotes too. */
const BETWEEN_WORDS = /[\s\p{Ps}\p{Pe}\p{Pi}\p{Pf}"'`<>|,;]+/u

/** Returns the hosts that a name may speak of: of each word what stands before a path or port, and behind a scheme or user. */
function hostsIn(name: string): readonly string[] {
  const words = withFullStops(name).split(BETWEEN_WORDS)
  return words.flatMap((word) => /^(?:[^/?#]*:\/\/)?(?:[^/?#]*@)?([^/?#:]*)/.exec(word)?.[1] ?? [])
}

/** Returns what tells persons of clients. */
export function createShowClient({ settings }: EndpointContext): ShowClient {
  const { clients, resources, issuer, branding } = settings
  // Who is known here is called so by the operator, and nobody else can be.
  const taken = new Set(
    [
      ...Object.values(LANGUAGES).map(({ common }) => common.appOnDevice),
      ...[issuer, new URL(issuer).host, ...(branding.name === undefined ? [] : [branding.name])],
      ...[...clients.values()].flatMap(({ id, name }) => [id, name]),
      ...[...resources.values()].flatMap(({ uri, name }) => [uri, name]),
    ].flatMap(skeletonsOf),
  )
  const ownHost = new Set(skeletonsOf(new URL(issuer).hostname))

  /** Tells whether a client can be called what it calls itself. */
  function isOwn({ name }: Client): boolean {
    const skeletons = skeletonsOf(name)
    const isTaken = skeletons.some((one) => one === '' || taken.has(one)) || PLACE.test(withFullStops(name))
    return !isTaken && !hostsIn(name).some((host) => skeletonsOf(host).some((one) => ownHost.has(one)))
  }

  return ({ client, redirectUri }) => {
    const { name, walkIn, id } = client
    if (walkIn === undefined) return { name, walkIn: undefined }
    const place = placeOf(redirectUri)
    const publisher = walkIn.kind === 'document' ? new URL(id).host : undefined
    const isNamed = isOwn(client)
    return { name: isNamed ? name : (publisher ?? place), walkIn: { place, publisher, isNamed } }
  }
}
