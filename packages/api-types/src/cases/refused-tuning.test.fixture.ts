import { issueCodes } from '../issues/field-issue.ts';
import { tuningWorkspace } from './builders.test.fixture.ts';
import type { RefusedOnCreate } from './refused-on-create.test.fixture.ts';

const { placeholder, exactlyOne, notAllowed, required, outOfRange, invalidValue } = issueCodes;

/** Fine-tuning. */
export const refusedTuning: readonly RefusedOnCreate[] = [
  // Tuning
  {
    name: 'tuning without resource',
    manifest: { ...tuningWorkspace(), resource: undefined },
    path: 'resource',
    code: required,
    apiServer: 'resource',
  },
  {
    name: 'tuning on two nodes',
    manifest: tuningWorkspace({ resource: { count: 2 } }),
    path: 'resource.count',
    code: outOfRange,
    apiServer: 'resource.count',
  },
  {
    name: 'tuning on a part of a GPU',
    manifest: tuningWorkspace({ resource: { partition: { mode: 'accelerator', count: 1 } } }),
    path: 'resource.partition',
    code: notAllowed,
    apiServer: 'resource.partition',
  },
  {
    name: 'tuning without a preset',
    manifest: tuningWorkspace({ tuning: { preset: undefined } }),
    path: 'tuning.preset',
    code: required,
    apiServer: 'tuning.preset',
  },
  {
    name: 'unknown tuning method',
    manifest: tuningWorkspace({ tuning: { method: 'dora' } }),
    path: 'tuning.method',
    code: invalidValue,
    apiServer: 'tuning.method',
  },
  {
    name: 'tuning without input',
    manifest: tuningWorkspace({ tuning: { input: undefined } }),
    path: 'tuning.input',
    code: required,
    apiServer: 'tuning.input',
  },
  {
    name: 'tuning without output',
    manifest: tuningWorkspace({ tuning: { output: undefined } }),
    path: 'tuning.output',
    code: required,
    apiServer: 'tuning.output',
  },
  {
    name: 'tuning input from nowhere',
    manifest: tuningWorkspace({ tuning: { input: { name: 'data' } } }),
    path: 'tuning.input',
    code: exactlyOne,
    apiServer: 'tuning.input',
  },
  {
    name: 'tuning input from two places',
    manifest: tuningWorkspace({
      tuning: { input: { image: 'example/data:1', urls: ['https://example.com/a'] } },
    }),
    path: 'tuning.input',
    code: exactlyOne,
    apiServer: 'tuning.input',
  },
  {
    name: 'tuning input from inside',
    manifest: tuningWorkspace({ tuning: { input: { urls: ['http://169.254.169.254/latest'] } } }),
    path: 'tuning.input.urls[0]',
    code: issueCodes.forbiddenAddress,
  },
  {
    name: 'tuning output to nowhere',
    manifest: tuningWorkspace({ tuning: { output: {} } }),
    path: 'tuning.output',
    code: exactlyOne,
    apiServer: 'tuning.output',
  },
  {
    name: 'tuning output without push secret',
    manifest: tuningWorkspace({ tuning: { output: { image: 'example/out:1' } } }),
    path: 'tuning.output.imagePushSecret',
    code: required,
    apiServer: 'tuning.output.imagePushSecret',
  },
  {
    name: 'placeholder output image',
    manifest: tuningWorkspace({
      tuning: {
        output: { image: 'ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1', imagePushSecret: 'push' },
      },
    }),
    path: 'tuning.output.image',
    code: placeholder,
    apiServer: 'tuning.output.image',
  },
];
