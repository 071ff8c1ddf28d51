/**
 * The mutants that no test can tell from the code, and why: they are counted apart. One that is killed, or gone, must go from here too.
 *
 * @module
 */

/** One or more mutants of a file that behave as the code does. */
export interface Equivalent {
  /** Path of the file, from the root. */
  readonly file: string
  /** The code that was mutated, white space as one space; where it ends in `…`, how it begins. */
  readonly code: string
  /** What stands there instead. */
  readonly becomes: string
  /** How many such mutants the file has; default 1. */
  readonly times?: number
  /** Why nobody can see a difference. */
  readonly why: string
}

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: 'keys/base64url.ts',
    code: 'toBase64 !== undefined',
    becomes: 'false',
    why: 'what the engine writes is written without it, too, only more slowly',
  },
  {
    file: 'keys/base64url.ts',
    code: 'native.Buffer !== undefined',
    becomes: 'false',
    why: 'what the engine writes is written without it, too, only more slowly',
  },
  {
    file: 'keys/base64url.ts',
    code: '/=+$/',
    becomes: '/=+/',
    why: 'what btoa returns has padding at its end alone',
  },
  {
    file: 'keys/derive.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    times: 2,
    why: 'what is split has a first part always, and the second is no number either way',
  },
  {
    file: 'keys/doctor.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'a key without dates is retired',
  },
  {
    file: 'keys/keyring.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'no root is called so: a kid has no blanks',
  },
  {
    file: 'keys/kids.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'a text has no kid',
  },
  {
    file: 'keys/load.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'no root is called so, nor is any by the empty text',
  },
  {
    file: 'keys/load.ts',
    code: 'other.kid > key.kid',
    becomes: 'other.kid >= key.kid',
    why: 'of two rings that have a kid in common neither has it alone',
  },
  {
    file: 'keys/load.ts',
    code: 'sideOf(key) * sideOf(other)',
    becomes: 'sideOf(key) / sideOf(other)',
    why: 'of two numbers among -1, 0 and 1 the product is -1 where the quotient is',
  },
  {
    file: 'keys/did_you_mean.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'of the first letter nothing is swapped: there is none before it',
  },
  {
    file: 'keys/did_you_mean.ts',
    code: 'index + 1',
    becomes: 'index - 1',
    why: 'it says when nothing nearer can come: a lower number only makes it slower',
  },
  {
    file: 'keys/did_you_mean.ts',
    code: 'place < end',
    becomes: 'place <= end',
    why: 'a column more than the band has is counted rightly, too',
  },
  {
    file: 'keys/did_you_mean.ts',
    code: 'least > most && leastBefore > most',
    becomes: 'false',
    why: 'what is further away is told at the end, only more slowly',
  },
  {
    file: 'keys/did_you_mean.ts',
    code: 'name.toLowerCase()',
    becomes: 'name.toUpperCase()',
    why: 'one case is as good as the other',
  },
  {
    file: 'keys/rotate.ts',
    code: 'end >= key.end',
    becomes: 'end > key.end',
    why: 'what ends at the same instant is deleted at the same, too',
  },
  {
    file: 'keys/rotate.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'a text has no dates: it is retired',
  },
  {
    file: 'keys/signing_keys.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    times: 3,
    why: 'a key without dates neither signs nor is told, no kid has blanks, and all hexadecimal has pairs',
  },
  {
    file: 'keys/signing_keys.ts',
    code: 'known !== undefined',
    becomes: 'false',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'keys/signing_keys.ts',
    code: 'branches.set(root.kid, branch)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'keys/signing_keys.ts',
    code: 'made.set(kid, key)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  ...['true', 'false', 'key.exp < first * period', 'key.exp > first * period'].map((becomes) => ({
    file: 'keys/signing_keys.ts',
    code: 'key.exp <= first * period',
    becomes,
    why: 'what is forgotten is made again: it is a matter of memory',
  })),
  {
    file: 'keys/signing_keys.ts',
    code: 'first * period',
    becomes: 'first / period',
    why: 'what is forgotten is made again: it is a matter of memory',
  },
  {
    file: 'keys/signing_keys.ts',
    code: 'made.delete(kid)',
    becomes: ';',
    why: 'what is forgotten is made again: it is a matter of memory',
  },
  {
    file: 'keys/signing_keys.ts',
    code: 'leaf === undefined',
    becomes: 'false',
    why: 'where there is no leaf there is no root, either: the compiler does not know that',
  },
  {
    file: 'src/jose/agreement.ts',
    code: 'false',
    becomes: 'true',
    why: 'nobody sees the key: whether it could be exported makes no difference',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'text.length > room.length',
    becomes: 'true',
    why: 'room that is made anew is as good, only more slowly',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'text.length > room.length',
    becomes: 'text.length >= room.length',
    why: 'room that is made anew is as good, only more slowly',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'written !== read',
    becomes: 'false',
    why: 'the first byte of a letter beyond ASCII stands where the letter stood, and is none of base64url: kept, as it is plainer',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'letters === room',
    becomes: 'false',
    why: 'a view that is made anew is as good, only more slowly',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'at < 0',
    becomes: 'at <= 0',
    why: 'what is decoded of a segment that is not empty ends behind 0',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'segment === known',
    becomes: 'false',
    why: 'it is the same text: which one is only a matter of how fast it is compared',
  },
  {
    file: 'src/jose/canonical.ts',
    code: 'letters === room && ivEnd === ivRoom.length',
    becomes: 'false',
    why: 'a part that is made anew is as good, only more slowly',
  },
  {
    file: 'src/jose/platform/web_opening.ts',
    code: 'key !== undefined',
    becomes: 'false',
    why: 'the key that was imported is waited for, which is the same, only more slowly',
  },
  {
    file: 'src/jose/jwks.ts',
    code: 'ready.set(key, made)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/jwks.ts',
    code: 'imported.set(kid, known)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/jwks.ts',
    code: "jwk['kty'] === 'EC'",
    becomes: 'false',
    why: 'Node and workerd look at a point when it is imported: Deno does not',
  },
  {
    file: 'src/jose/jwks.ts',
    code: "'kty'",
    becomes: '""',
    why: 'Node and workerd look at a point when it is imported: Deno does not',
  },
  {
    file: 'src/jose/jwks.ts',
    code: "'EC'",
    becomes: '""',
    why: 'Node and workerd look at a point when it is imported: Deno does not',
  },
  {
    file: 'src/jose/jwks.ts',
    code: "typeof kid === 'string'",
    becomes: 'true',
    why: 'a kid that is no text is never looked for',
  },
  {
    file: 'src/jose/key_set.ts',
    code: "typeof k !== 'string'",
    becomes: 'false',
    why: 'no other value is spelled as 43 such letters',
  },
  {
    file: 'src/jose/key_set.ts',
    code: '{ return undefined }',
    becomes: '{}',
    times: 2,
    why: 'the function returns nothing either way',
  },
  {
    file: 'src/jose/content_opening.ts',
    code: 'node?.makeOpener',
    becomes: 'node.makeOpener',
    why: 'Node has it; the same tests run in workerd, which has not',
  },
  {
    file: 'src/jose/content_opening.ts',
    code: 'node !== undefined',
    becomes: 'true',
    why: 'Node has it; the same tests run in workerd, which has not',
  },
  {
    file: 'src/jose/content_opening.ts',
    code: 'made.set(leaf, opener)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/content_sealing.ts',
    code: 'made.set(leaf, sealer)',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/encrypted.ts',
    code: 'epk !== undefined',
    becomes: 'false',
    why: 'jose agrees on the key, too, only more slowly',
  },
  {
    file: 'src/jose/encrypted.ts',
    code: '{ keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] }',
    becomes: '{}',
    why: 'the header was held against both before: kept, as jose is not to try anything else',
  },
  {
    file: 'src/jose/header.ts',
    code: 'segment.length > (LONGEST_HEADER * 4) / 3',
    becomes: 'segment.length >= LONGEST_HEADER * 4 / 3',
    why: 'a third of it is no integer',
  },
  {
    file: 'src/jose/platform/node_sealing.ts',
    code: "'utf8'",
    becomes: '""',
    times: 2,
    why: 'Node takes a text so where nothing is named',
  },
  {
    file: 'src/jose/platform/node_signing.ts',
    code: 'crypto === undefined',
    becomes: 'false',
    why: 'Node has it; the same tests run in workerd, which has not',
  },
  {
    file: 'src/jose/platform/web_cbc.ts',
    code: 'false',
    becomes: 'true',
    times: 2,
    why: 'nobody sees the key: whether it could be exported makes no difference',
  },
  {
    file: 'src/jose/platform/web_opening.ts',
    code: 'false',
    becomes: 'true',
    why: 'nobody sees the key: whether it could be exported makes no difference',
  },
  {
    file: 'src/jose/platform/web_sealing.ts',
    code: 'false',
    becomes: 'true',
    why: 'nobody sees the key: whether it could be exported makes no difference',
  },
  {
    file: 'src/jose/recipient.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'no operation of a signature is called so',
  },
  {
    file: 'src/jose/recipient.ts',
    code: 'read === undefined',
    becomes: 'false',
    why: 'what follows throws, which is told likewise: the compiler does not know that',
  },
  {
    file: 'src/jose/signed.ts',
    code: 'known !== undefined',
    becomes: 'false',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/signed.ts',
    code: 'spelled.set(key, headers.set(typ, header))',
    becomes: ';',
    why: 'what was made is made again, only more slowly',
  },
  {
    file: 'src/jose/signed.ts',
    code: '{ algorithms: [alg] }',
    becomes: '{}',
    why: 'the header was held against it before: kept, as jose is not to try anything else',
  },
  {
    file: 'src/jose/strict_json.ts',
    code: '{ return undefined }',
    becomes: '{}',
    times: 3,
    why: 'the function returns nothing either way',
  },
  {
    file: 'src/jose/strict_json.ts',
    code: 'text === undefined',
    becomes: 'false',
    why: 'JSON.parse throws, which is told likewise: the compiler does not know that',
  },
  {
    file: 'src/jose/strict_json.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'it stands for what has no colon, and has none',
  },
  {
    file: 'src/token/assertion.ts',
    code: 'known !== undefined',
    becomes: 'false',
    why: 'what was imported is imported again, only more slowly',
  },
  {
    file: 'src/token/assertion.ts',
    code: 'keySets.set(jwks as object, made)',
    becomes: ';',
    why: 'what was imported is imported again, only more slowly',
  },
  {
    file: 'src/token/assertion.ts',
    code: 'issuer === undefined',
    becomes: 'false',
    why: 'jose takes what is undefined as what is not there: its types do not',
  },
  {
    file: 'src/token/assertion.ts',
    code: 'typ === undefined',
    becomes: 'false',
    why: 'jose takes what is undefined as what is not there: its types do not',
  },
  {
    file: 'src/token/claims.ts',
    code: 'own.length === 0',
    becomes: 'false',
    why: 'nothing is added, only more slowly',
  },
  {
    file: 'src/token/direct.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'it is no JSON, either',
  },
  {
    file: 'src/token/direct.ts',
    code: 'usual !== undefined',
    becomes: 'false',
    why: 'what is not known by sight is parsed and checked, which says the same, only more slowly',
  },
  {
    file: 'src/token/dpop.ts',
    code: '{ algorithms: [alg] }',
    becomes: '{}',
    why: 'the header was held against it before: kept, as jose is not to try anything else',
  },
  {
    file: 'src/token/usual_claims.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    times: 4,
    why: 'each of these stands in what was recognised',
  },
  {
    file: 'src/protocol/basic.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'neither is base64 of anything with a colon in it',
  },
  {
    file: 'src/protocol/bearer.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'neither begins with a scheme',
  },
  {
    file: 'src/protocol/pkce.ts',
    code: 'challenge === undefined',
    becomes: 'false',
    why: 'undefined as a text has no 43 characters',
  },
  {
    file: 'src/protocol/redirect_uri.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    times: 2,
    why: 'the first of it is passed over, as that of a match is',
  },
  {
    file: 'src/protocol/visible.ts',
    code: '/^[\\x20-\\x7e]*$/',
    becomes: '/^[\\x20-\\x7e]$/',
    why: 'it says what need not be looked at, and that is found to be visible otherwise, too',
  },
  {
    file: 'src/protocol/visible.ts',
    code: '/^[\\x20-\\x7e]*$/',
    becomes: '/^[^\\x20-\\x7e]*$/',
    why: 'no JSON is so, and what need not be looked at is found to be visible otherwise, too',
  },
  {
    file: 'src/protocol/visible.ts',
    code: 'PLAIN.test(json)',
    becomes: 'false',
    why: 'what need not be looked at is found to be visible otherwise, too',
  },
  {
    file: 'src/protocol/visible.ts',
    code: 'character.codePointAt(0)?.toString',
    becomes: 'character.codePointAt(0).toString',
    why: 'what was matched has a character',
  },
]
