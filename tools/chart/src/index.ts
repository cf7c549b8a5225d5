/**
 * Holds the operator's Helm chart to what it promises.
 *
 * `golden/` is what `helm template` makes of the sets in `values/`; the fast tests read those files, so that they need
 * no helm. The slow tests run helm itself, and the operator under the chart's own ServiceAccount on a real API server:
 * what it may do is just what it does.
 */
export { callsOf, refusedCalls, type AuditedCall } from './audit.ts';
export { chartFolder, find, helm, readManifests, release, render, type ManifestObject } from './chart.ts';
export { blocksOf, repository, type Block } from './guides.ts';
export { createRelease, type Release } from './release.ts';
export { accountKubeconfig, defaultRights, grantRights, usernameOf } from './rights.ts';
export { rulesOf, type Rule } from './rules.ts';
export { run, type Said } from './run.ts';
