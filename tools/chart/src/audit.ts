import { readFile } from 'node:fs/promises';
import { permissionTarget } from './rules.ts';

/** One call, as the API server's audit log tells it. */
export interface AuditedCall {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

export async function callsOf(auditLog: string, username: string): Promise<readonly AuditedCall[]> {
  const text = await readFile(auditLog, 'utf8');
  // The API server may be in the midst of the last line.
  const lines = text.split('\n').slice(0, -1);
  return lines
    .filter((line) => line.includes(username))
    .map((line) => JSON.parse(line) as AuditedCall)
    .filter(({ user }) => user.username === username);
}

/** What the API server did not let that user do. Throws for one that asked nothing, of whom it would prove nothing. */
export async function refusedCalls(auditLog: string, username: string): Promise<readonly string[]> {
  const calls = await callsOf(auditLog, username);
  if (calls.length === 0) throw new Error(`the audit log has no call of ${username}`);
  return calls
    .filter(({ responseStatus }) => responseStatus?.code === 403 || responseStatus?.code === 401)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

/** Such as `patch deployments.apps` or `patch workspaces/status.kaito.sh`. */
export function permissionsOf({ verb, objectRef, responseStatus }: AuditedCall): readonly string[] {
  if (objectRef?.resource === undefined) return [];
  const { resource, subresource, apiGroup = '' } = objectRef;
  const target = permissionTarget(
    apiGroup,
    subresource === undefined ? resource : `${resource}/${subresource}`,
  );
  // An apply that makes the object needs both.
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
  return verbs.map((used) => `${used} ${target}`);
}
