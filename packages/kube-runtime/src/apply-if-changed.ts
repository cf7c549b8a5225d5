import { firstAbandonedField } from './abandoned-fields.ts';
import type { KubeClient } from './client.ts';
import type { Applied, ApplyOptions } from './client-options.ts';
import { isRecord } from './decode.ts';
import { firstDifference, firstDifferenceIn } from './fields-differ.ts';
import { ownedFields } from './managed-fields.ts';
import type { KubeObject } from './object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface ApplyIfChangedOptions extends ApplyOptions {
  /** The object as the cache has it; undefined when it is not there. */
  readonly live: KubeObject | undefined;
}

export type ApplyResult<T extends KubeObject> =
  | { readonly kind: 'unchanged' }
  /** `reason` is the first field that made it necessary. */
  | { readonly kind: 'created' | 'changed'; readonly object: T; readonly reason: string };

/**
 * Server-side apply, sent only when the live object differs in a field that we set, or holds one that we set before and
 * do not want any more. The latter needs our managedFields on `live`: see Reflector's `keepManagedFields`.
 */
export async function applyIfChanged<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  desired: Applied<T>,
  { live, ...options }: ApplyIfChangedOptions,
): Promise<ApplyResult<T>> {
  const wanted = withEncodedData(desired);
  const reason = live === undefined ? 'it does not exist' : whyApply(live, wanted, options.fieldManager);
  if (reason === undefined) return { kind: 'unchanged' };
  const object = await client.apply<T>(kind, wanted, options);
  return { kind: live === undefined ? 'created' : 'changed', object, reason };
}

/** The same for the status subresource: `desired` needs metadata and status only. */
export async function applyStatusIfChanged<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  desired: Applied<T> & { readonly status: unknown },
  { live, ...options }: ApplyIfChangedOptions & { readonly live: KubeObject },
): Promise<ApplyResult<T>> {
  const liveStatus = (live as { readonly status?: unknown }).status;
  const owned = ownedFields(live, options.fieldManager, 'status')?.['f:status'];
  const abandoned = firstAbandonedField(owned, desired.status);
  const reason =
    firstDifferenceIn(liveStatus, desired.status, 'status')?.path ?? (abandoned && `status.${abandoned}`);
  if (reason === undefined) return { kind: 'unchanged' };
  return { kind: 'changed', object: await client.applyStatus<T>(kind, desired, options), reason };
}

/** Why an apply of `desired` would change `live`; undefined when it would not. */
export function whyApply(live: KubeObject, desired: KubeObject, fieldManager: string): string | undefined {
  return (
    firstDifference(live, desired)?.path ?? firstAbandonedField(ownedFields(live, fieldManager), desired)
  );
}

/** A Secret's `stringData` is never read back, so that its owner could not be told from `data`'s. */
function withEncodedData<T extends KubeObject>(desired: Applied<T>): Applied<T> {
  const { stringData, data, ...rest } = desired as KubeObject & {
    readonly stringData?: unknown;
    readonly data?: unknown;
  };
  if (!isRecord(stringData)) return desired;
  const encoded = Object.entries(stringData).map(([name, text]) => [
    name,
    Buffer.from(String(text)).toString('base64'),
  ]);
  return {
    ...rest,
    data: { ...(isRecord(data) ? data : {}), ...Object.fromEntries(encoded) },
  } as unknown as Applied<T>;
}
