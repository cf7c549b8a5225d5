import {
  ignoreNotFound,
  kinds,
  type KubeClient,
  type KubeObject,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';
import { z } from 'zod';
import type { Pod } from '../pod/pod.ts';
import type { VolumeSources } from '../volumes/payload.ts';

/** Tokens are renewed when this part of their life is over, as on a real node. */
const renewAfterFraction = 0.8;

interface DataObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | undefined;
  readonly binaryData?: Readonly<Record<string, string>> | undefined;
}

const tokenAnswerSchema = z.object({
  status: z.object({ token: z.string(), expirationTimestamp: z.string() }),
});

/** Reads what volumes and variables need from the API server, fresh at every call. */
export function createClusterSources(client: KubeClient, now: () => number): VolumeSources {
  const tokens = new Map<string, { readonly token: string; readonly renewAt: number }>();
  const read = async (kind: ResourceKind, namespace: string, name: string): Promise<DataObject | undefined> =>
    ignoreNotFound(client.get(kind as ResourceKind<DataObject>, { namespace, name }));
  return {
    async configMap(namespace, name) {
      const object = await read(kinds.configMaps, namespace, name);
      if (object === undefined) return undefined;
      return new Map([...buffers(object.data, 'utf8'), ...buffers(object.binaryData, 'base64')]);
    },
    async secret(namespace, name) {
      const object = await read(kinds.secrets, namespace, name);
      return object === undefined ? undefined : new Map(buffers(object.data, 'base64'));
    },
    async serviceAccountToken(pod, { audience, expirationSeconds }) {
      const key = `${pod.metadata.uid ?? ''} ${audience ?? ''}`;
      const known = tokens.get(key);
      if (known !== undefined && known.renewAt > now()) return known.token;
      const answer = await requestToken(client, pod, {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        expirationSeconds,
      });
      const life = Date.parse(answer.expirationTimestamp) - now();
      tokens.set(key, { token: answer.token, renewAt: now() + life * renewAfterFraction });
      return answer.token;
    },
  };
}

async function requestToken(
  client: KubeClient,
  { metadata, spec }: Pod,
  request: { readonly audiences?: readonly string[]; readonly expirationSeconds: number },
): Promise<{ readonly token: string; readonly expirationTimestamp: string }> {
  const { name, namespace = 'default', uid } = metadata;
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
  const { body } = await client.raw({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName ?? 'default'}/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { ...request, boundObjectRef },
    }),
  });
  return tokenAnswerSchema.parse(JSON.parse(body)).status;
}

function buffers(
  data: Readonly<Record<string, string>> | undefined,
  encoding: BufferEncoding,
): readonly (readonly [string, Buffer])[] {
  return Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]);
}
