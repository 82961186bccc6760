/** A module of its own, so that a bundle that loads it later holds nothing else of `@aws-sdk/credential-providers`. */
export { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
