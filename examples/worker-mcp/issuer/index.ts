/** The issuer, as the package has it: a place for hooks of your own, `createIssuer({ ...readBindings(env), claims })`. */
export { default, GuardObject, RevocationsObject } from 'bulla/worker'
