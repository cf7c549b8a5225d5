/**
 * Runs the example manifests of every upstream release through our validation.
 *
 * `upstreamFiles` reads them, `answersTo` says what we tell their users, and `expectationFor` says what we must
 * tell them. Other tools may take the files from here as input of their own.
 */
export { type Answer, answersTo } from './answer.ts';
export { type Expectation, expectationFor, expectations } from './expectations.ts';
export { type UpstreamFile, upstreamFiles } from './upstream-manifests.ts';
