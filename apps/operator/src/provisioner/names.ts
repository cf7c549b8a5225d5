import { createHash } from 'node:crypto';

/** The label of a node that names its pool can be no longer. */
const longestName = 63;
const hashLength = 9;

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}

/** Upstream's name. Of `a-b`/`c` and `a`/`b-c` it is the same. */
export function nodePoolName(namespace: string, name: string): string {
  const full = `${namespace}-${name}`;
  return full.length <= longestName ? full : shortened(full, full);
}

/** For when another Workspace has upstream's name; a slash stands in no name, so that no two Workspaces share it. */
export function alternativeNodePoolName(namespace: string, name: string): string {
  return shortened(`${namespace}-${name}`, `${namespace}/${name}`);
}

function shortened(full: string, hashed: string): string {
  return `${full.slice(0, longestName - hashLength - 1)}-${hashOf(hashed)}`;
}

/**
 * The form of upstream's names, which the GPU provisioner makes agent pools from (a letter, at most 12 lower-case letters
 * and digits), but the same at every try: a claim that was made and forgotten is found again instead of bought twice.
 */
export function nodeClaimName(workspace: {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ordinal: number;
}): string {
  const { namespace, name, uid, ordinal } = workspace;
  return `ws${hashOf(`${namespace}/${name}/${uid}/${ordinal}`)}`;
}
