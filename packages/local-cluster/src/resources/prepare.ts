import { fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from './resource.ts';

type Prepare = NonNullable<Served['prepare']>;

const namespace: Prepare = (object) => {
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
};

const secret: Prepare = (object) => {
  const data = { ...fieldsAt(object, 'data') };
  for (const [name, text] of Object.entries(fieldsAt(object, 'stringData')))
    data[name] = Buffer.from(String(text)).toString('base64');
  if (Object.keys(data).length > 0) object['data'] = data;
  delete object['stringData'];
};

const service: Prepare = (object, previous) => {
  const spec = fieldsAt(object, 'spec');
  for (const port of listAt(spec, 'ports')) if (isFields(port)) port['targetPort'] ??= port['port'];
  const clusterIP = spec['clusterIP'] ?? valueAt(previous, 'spec', 'clusterIP') ?? addressFor(object);
  object['spec'] = { ...spec, clusterIP, clusterIPs: [clusterIP] };
};

/** No packet ever reaches such an address here: it only has to look and differ as in a cluster. */
function addressFor({ metadata }: KubeObject): string {
  const number = Number.parseInt(metadata.uid.slice(0, 4), 16);
  return `10.96.${number >> 8}.${number & 255}`;
}

function completeContainers(spec: unknown): void {
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    if (!isFields(container)) continue;
    const image = textAt(container, 'image');
    const tag = image.includes('@') ? 'digest' : (/:([^/]+)$/.exec(image)?.[1] ?? 'latest');
    container['imagePullPolicy'] ??= tag === 'latest' ? 'Always' : 'IfNotPresent';
  }
}

const templated: Prepare = (object) => {
  completeContainers(valueAt(object, 'spec', 'template', 'spec'));
  const strategy = fieldsAt(object, 'spec', 'strategy');
  const percent = { maxSurge: '25%', maxUnavailable: '25%' };
  if (strategy['type'] === 'RollingUpdate')
    strategy['rollingUpdate'] = { ...percent, ...fieldsAt(strategy, 'rollingUpdate') };
};

const job: Prepare = (object, previous) => {
  completeContainers(valueAt(object, 'spec', 'template', 'spec'));
  const spec = fieldsAt(object, 'spec');
  if (previous || spec['selector'] !== undefined) return;
  const { name, uid } = object.metadata;
  const matchLabels = { 'batch.kubernetes.io/controller-uid': uid };
  const template = fieldsAt(spec, 'template');
  const labels = { ...fieldsAt(template, 'metadata', 'labels'), ...matchLabels, 'job-name': name };
  spec['selector'] = { matchLabels };
  template['metadata'] = { ...fieldsAt(template, 'metadata'), labels };
};

const pod: Prepare = (object, previous) => {
  const spec = fieldsAt(object, 'spec');
  completeContainers(spec);
  if (previous) return;
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    const resources = fieldsAt(container, 'resources');
    if (resources['limits'] !== undefined)
      resources['requests'] = { ...fieldsAt(resources, 'limits'), ...fieldsAt(resources, 'requests') };
  }
};

/** What an API server completes beyond plain defaults, by kind. */
export const preparations: Readonly<Record<string, Prepare>> = {
  Namespace: namespace,
  Secret: secret,
  Service: service,
  Pod: pod,
  Deployment: templated,
  ReplicaSet: templated,
  StatefulSet: templated,
  Job: job,
};
