import type { ResourceKind } from '@kaito-ts/kube-runtime';
import type { NodeClass } from './provisioner/karpenter-objects.ts';
import type { Cloud, ImageFamily } from './provisioner/node-claim.ts';
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

/** How machines are bought. */
export type PurchaseOptions =
  | {
      readonly mode: 'karpenter';
      readonly nodeClassKind: ResourceKind<NodeClass>;
      readonly nodeClasses: readonly NodeClassEntry[];
      readonly claimTimeoutMilliseconds: number;
    }
  | {
      readonly mode: 'azure-gpu-provisioner';
      readonly cloud: Cloud;
      readonly defaultImageFamily: ImageFamily;
      readonly claimTimeoutMilliseconds: number;
    };

/** One entry of --karpenter-node-classes. */
export interface NodeClassEntry {
  readonly name: string;
  readonly default: boolean;
  readonly spec: Readonly<Record<string, unknown>>;
}

export const nodeProvisioners = ['byo', 'karpenter', 'azure-gpu-provisioner'] as const;
export type NodeProvisionerName = (typeof nodeProvisioners)[number];

/** The flags as commander leaves them. */
export interface ProvisionerFlags {
  readonly nodeProvisioner: NodeProvisionerName;
  readonly nodeClaimTimeout: number;
  readonly defaultNodeImageFamily: ImageFamily | undefined;
  readonly karpenterNodeClassGroup: string;
  readonly karpenterNodeClassKind: string;
  readonly karpenterNodeClassVersion: string;
  readonly karpenterNodeClassResourceName: string;
  readonly karpenterNodeClasses: readonly NodeClassEntry[];
}

/** Names and meanings are upstream's, except the timeout, which upstream has not. */
export function provisionerOptions(): readonly Option[] {
  return [
    new Option('--node-provisioner <name>', 'where nodes come from')
      .choices(nodeProvisioners)
      .default('byo', 'existing nodes'),
    new Option('--node-claim-timeout <seconds>', 'how long a machine may take until it is ready')
      .argParser(parseSeconds)
      .default(1800),
    new Option(
      '--default-node-image-family <name>',
      'ubuntu or azurelinux, of machines of the GPU provisioner',
    )
      .argParser(parseImageFamily)
      .default(undefined, 'ubuntu'),
    new Option('--karpenter-node-class-group <group>', 'API group of the NodeClasses').default(
      'karpenter.azure.com',
    ),
    new Option('--karpenter-node-class-kind <kind>', 'kind of the NodeClasses').default('AKSNodeClass'),
    new Option('--karpenter-node-class-version <version>', 'API version of the NodeClasses').default(
      'v1beta1',
    ),
    new Option('--karpenter-node-class-resource-name <plural>', 'plural name of the NodeClasses').default(
      'aksnodeclasses',
    ),
    new Option('--karpenter-node-classes <json>', 'NodeClasses to keep: an array of {name, default, spec}')
      .argParser(parseNodeClasses)
      .default([], 'none; needed with karpenter'),
  ];
}

/** Undefined where nodes exist already. Throws a sentence that names the flag. */
export function purchaseOptions(flags: ProvisionerFlags, cloud: string): PurchaseOptions | undefined {
  const claimTimeoutMilliseconds = flags.nodeClaimTimeout * 1000;
  if (flags.nodeProvisioner === 'byo') return undefined;
  if (flags.nodeProvisioner === 'karpenter') {
    if (flags.karpenterNodeClasses.length === 0)
      throw new Error('--node-provisioner karpenter needs --karpenter-node-classes');
    return {
      mode: 'karpenter',
      nodeClassKind: {
        group: flags.karpenterNodeClassGroup,
        version: flags.karpenterNodeClassVersion,
        kind: flags.karpenterNodeClassKind,
        plural: flags.karpenterNodeClassResourceName,
        namespaced: false,
      },
      nodeClasses: flags.karpenterNodeClasses,
      claimTimeoutMilliseconds,
    };
  }
  if (cloud !== '' && cloud !== 'azure' && cloud !== 'aws')
    throw new Error(
      `--node-provisioner azure-gpu-provisioner: no NodeClass is known for CLOUD_PROVIDER=${cloud}; it may be azure or aws`,
    );
  return {
    mode: 'azure-gpu-provisioner',
    cloud: cloud === '' ? 'azure' : cloud,
    defaultImageFamily: flags.defaultNodeImageFamily ?? 'ubuntu',
    claimTimeoutMilliseconds,
  };
}

/** Flags that were given for another way to get nodes: upstream leaves them aside, too. */
export function idleFlags(given: readonly string[], mode: NodeProvisionerName): readonly string[] {
  const idle = (flag: string): boolean =>
    flag.startsWith('karpenter-')
      ? mode !== 'karpenter'
      : flag === 'default-node-image-family'
        ? mode !== 'azure-gpu-provisioner'
        : flag === 'node-claim-timeout' && mode === 'byo';
  return given.filter(idle).map((flag) => `--${flag} has no effect with --node-provisioner ${mode}`);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is no whole number of seconds above 0`);
  return seconds;
}

function parseImageFamily(text: string): ImageFamily | undefined {
  const name = text.trim().toLowerCase();
  if (name === '') return undefined;
  if (name !== 'ubuntu' && name !== 'azurelinux')
    throw new InvalidArgumentError(`${JSON.stringify(text)} is neither ubuntu nor azurelinux`);
  return name;
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nodeClassesSchema = z.array(
  z.strictObject({
    name: z.string().max(253).regex(subdomain, 'is no RFC 1123 subdomain'),
    default: z.boolean().default(false),
    spec: z.record(z.string(), z.unknown()).default({}),
  }),
);

function parseNodeClasses(text: string): readonly NodeClassEntry[] {
  if (text.trim() === '') return [];
  const parsed = nodeClassesSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidArgumentError(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
  }
  const entries = parsed.data.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const doubled = entries.find(({ name }, index) => entries[index + 1]?.name === name);
  if (doubled !== undefined) throw new InvalidArgumentError(`${doubled.name} is there twice`);
  const defaults = entries.filter((entry) => entry.default).length;
  if (defaults !== 1) throw new InvalidArgumentError(`just one of them must be the default, not ${defaults}`);
  return entries;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
