import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseYamlDocuments } from '@kaito-ts/api-types';
import { ensureBinary, versions } from '@kaito-ts/real-cluster';

const execute = promisify(execFile);

export const chartFolder: string = fileURLToPath(new URL('../../../apps/operator/chart', import.meta.url));
export const release: { readonly name: string; readonly namespace: string } = {
  name: 'kaito-operator',
  namespace: 'kaito-system',
};

/** Sets of values that golden files and tests are made with. */
export const valueSets = [
  'default',
  'everything',
  'one-namespace',
  'karpenter',
  'azure-gpu-provisioner',
] as const;
export type ValueSet = (typeof valueSets)[number];

export function valuesFile(name: ValueSet): string {
  return fileURLToPath(new URL(`../values/${name}.yaml`, import.meta.url));
}

export function goldenFile(name: ValueSet): string {
  return fileURLToPath(new URL(`../golden/${name}.golden.yaml`, import.meta.url));
}

/** Any object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export function readManifests(text: string): readonly ManifestObject[] {
  return parseYamlDocuments(text)
    .map(({ value }) => value as ManifestObject | null)
    .filter((object) => object !== null);
}

/** The only object of a kind and, if there are several, of a name. */
export function find(objects: readonly ManifestObject[], kind: string, name?: string): ManifestObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} objects of kind ${kind}${name === undefined ? '' : ` named ${name}`}`);
  return first;
}

export async function helm(...argv: readonly string[]): Promise<string> {
  const program = await ensureBinary('helm', {
    env: process.env,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const { stdout } = await execute(program, argv, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** What `helm install` would apply. */
export async function render(values: ValueSet, ...argv: readonly string[]): Promise<string> {
  const { name, namespace } = release;
  const cluster = ['--namespace', namespace, '--kube-version', versions.kubernetes];
  return helm('template', name, chartFolder, ...cluster, '--values', valuesFile(values), ...argv);
}
