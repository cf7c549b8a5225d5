import { issueCodes } from '../issues/field-issue.ts';
import { presetWorkspace, tuningWorkspace } from './builders.test.fixture.ts';
import type { RefusedOnCreate } from './refused-on-create.test.fixture.ts';

const { placeholder, exactlyOne, notAllowed, required, outOfRange, invalidValue } = issueCodes;

/** Shape of the whole, nodes and parts of their GPUs. */
export const refusedResources: readonly RefusedOnCreate[] = [
  // Shape
  {
    name: 'neither inference nor tuning',
    manifest: { ...presetWorkspace(), inference: undefined },
    path: '',
    code: exactlyOne,
    apiServer: '',
  },
  {
    name: 'both inference and tuning',
    manifest: { ...tuningWorkspace(), inference: { preset: { name: 'phi-4' } } },
    path: 'tuning',
    code: exactlyOne,
    apiServer: 'tuning',
  },
  {
    name: 'name with a capital',
    manifest: presetWorkspace({ metadata: { name: 'Demo' } }),
    path: 'metadata.name',
    code: invalidValue,
    apiServer: 'metadata.name',
  },
  {
    name: 'name that no Service can carry',
    manifest: presetWorkspace({ metadata: { name: '7b' } }),
    path: 'metadata.name',
    code: invalidValue,
    apiServer: 'metadata.name',
  },
  {
    name: 'resource without selector',
    manifest: presetWorkspace({ resource: { labelSelector: undefined } }),
    path: 'resource.labelSelector',
    code: required,
    apiServer: 'resource.labelSelector',
  },
  // Nodes
  {
    name: 'count of zero',
    manifest: presetWorkspace({ resource: { count: 0 } }),
    path: 'resource.count',
    code: outOfRange,
    apiServer: 'resource.count',
  },
  {
    name: 'placeholder machine type',
    manifest: presetWorkspace({ resource: { instanceType: '<your-vm-sku>' } }),
    path: 'resource.instanceType',
    code: placeholder,
    apiServer: 'resource.instanceType',
  },
  {
    name: 'placeholder node',
    manifest: presetWorkspace({ resource: { preferredNodes: ['gpu-1', '<your-arc-node-name>'] } }),
    path: 'resource.preferredNodes[1]',
    code: placeholder,
    apiServer: 'resource.preferredNodes[1]',
  },
  {
    name: 'placeholder label',
    manifest: presetWorkspace({ resource: { labelSelector: { matchLabels: { apps: 'YOUR_LABEL' } } } }),
    path: 'resource.labelSelector.matchLabels.apps',
    code: placeholder,
    apiServer: 'resource.labelSelector.matchLabels[apps]',
  },
  {
    name: 'label value with a space',
    manifest: presetWorkspace({ resource: { labelSelector: { matchLabels: { apps: 'two words' } } } }),
    path: 'resource.labelSelector.matchLabels.apps',
    code: invalidValue,
    apiServer: 'resource.labelSelector.matchLabels[apps]',
  },
  {
    name: 'label key with a space',
    manifest: presetWorkspace({ resource: { labelSelector: { matchLabels: { 'two words': 'x' } } } }),
    path: 'resource.labelSelector.matchLabels["two words"]',
    code: invalidValue,
    apiServer: 'resource.labelSelector.matchLabels',
  },
  {
    name: 'only reserved labels',
    manifest: presetWorkspace({
      resource: { labelSelector: { matchLabels: { 'kaito.sh/workspace': 'x' } } },
    }),
    path: 'resource.labelSelector.matchLabels',
    code: issueCodes.reservedKey,
    apiServer: 'resource.labelSelector.matchLabels',
  },
  {
    name: 'In without values',
    manifest: presetWorkspace({
      resource: { labelSelector: { matchExpressions: [{ key: 'apps', operator: 'In' }] } },
    }),
    path: 'resource.labelSelector.matchExpressions[0].values',
    code: required,
    apiServer: 'resource.labelSelector.matchExpressions[0].values',
  },
  {
    name: 'Exists with values',
    manifest: presetWorkspace({
      resource: { labelSelector: { matchExpressions: [{ key: 'apps', operator: 'Exists', values: ['x'] }] } },
    }),
    path: 'resource.labelSelector.matchExpressions[0].values',
    code: notAllowed,
    apiServer: 'resource.labelSelector.matchExpressions[0].values',
  },
  {
    name: 'unknown operator',
    manifest: presetWorkspace({
      resource: { labelSelector: { matchExpressions: [{ key: 'apps', operator: 'Gt', values: ['1'] }] } },
    }),
    path: 'resource.labelSelector.matchExpressions[0].operator',
    code: invalidValue,
    apiServer: 'resource.labelSelector.matchExpressions[0].operator',
  },
  {
    name: 'selector that contradicts itself',
    manifest: presetWorkspace({
      resource: {
        labelSelector: {
          matchLabels: { apps: 'a' },
          matchExpressions: [{ key: 'apps', operator: 'In', values: ['b'] }],
        },
      },
    }),
    path: 'resource.labelSelector',
    code: issueCodes.selectsNothing,
  },
  // Partition
  {
    name: 'unknown partition mode',
    manifest: presetWorkspace({ resource: { partition: { mode: 'slice' } } }),
    path: 'resource.partition.mode',
    code: invalidValue,
    apiServer: 'resource.partition.mode',
  },
  {
    name: 'MIG with a count',
    manifest: presetWorkspace({ resource: { partition: { mode: 'mig', profile: '1g.10gb', count: 1 } } }),
    path: 'resource.partition.count',
    code: notAllowed,
    apiServer: 'resource.partition.count',
  },
  {
    name: 'malformed MIG profile',
    manifest: presetWorkspace({ resource: { partition: { mode: 'mig', profile: '1g-10gb' } } }),
    path: 'resource.partition.profile',
    code: invalidValue,
    apiServer: 'resource.partition.profile',
  },
  {
    name: 'accelerator with a profile',
    manifest: presetWorkspace({
      resource: { partition: { mode: 'accelerator', profile: '1g.10gb', count: 1 } },
    }),
    path: 'resource.partition.profile',
    code: notAllowed,
    apiServer: 'resource.partition.profile',
  },
  {
    name: 'accelerator without a count',
    manifest: presetWorkspace({ resource: { partition: { mode: 'accelerator' } } }),
    path: 'resource.partition.count',
    code: required,
    apiServer: 'resource.partition.count',
  },
  {
    name: 'accelerator count of zero',
    manifest: presetWorkspace({ resource: { partition: { mode: 'accelerator', count: 0 } } }),
    path: 'resource.partition.count',
    code: outOfRange,
    apiServer: 'resource.partition.count',
  },
];
