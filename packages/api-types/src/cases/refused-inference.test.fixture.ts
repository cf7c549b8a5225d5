import { issueCodes } from '../issues/field-issue.ts';
import {
  adapter,
  adapterWorkspace,
  podTemplate,
  presetWorkspace,
  source,
  templateWorkspace,
} from './builders.test.fixture.ts';
import type { RefusedOnCreate } from './refused-on-create.test.fixture.ts';

const { placeholder, exactlyOne, notAllowed, required, outOfRange, invalidValue, duplicate, tooMany } =
  issueCodes;

/** Presets, templates and adapters. */
export const refusedInference: readonly RefusedOnCreate[] = [
  // Inference
  {
    name: 'neither preset nor template',
    manifest: presetWorkspace({ inference: { preset: undefined } }),
    path: 'inference',
    code: exactlyOne,
    apiServer: 'inference',
  },
  {
    name: 'both preset and template',
    manifest: presetWorkspace({ inference: { template: podTemplate } }),
    path: 'inference.template',
    code: exactlyOne,
    apiServer: 'inference.template',
  },
  {
    name: 'preset without a name',
    manifest: presetWorkspace({ inference: { preset: {} } }),
    path: 'inference.preset.name',
    code: required,
    apiServer: 'inference.preset.name',
  },
  {
    name: 'empty preset name',
    manifest: presetWorkspace({ inference: { preset: { name: '' } } }),
    path: 'inference.preset.name',
    code: required,
    apiServer: 'inference.preset.name',
  },
  {
    name: 'preset name with two slashes',
    manifest: presetWorkspace({ inference: { preset: { name: 'a/b/c' } } }),
    path: 'inference.preset.name',
    code: invalidValue,
    apiServer: 'inference.preset.name',
  },
  {
    name: 'placeholder preset',
    manifest: presetWorkspace({ inference: { preset: { name: '<MODEL_ID>' } } }),
    path: 'inference.preset.name',
    code: placeholder,
    apiServer: 'inference.preset.name',
  },
  {
    name: 'placeholder preset image',
    manifest: presetWorkspace({
      inference: { preset: { name: 'phi-4', presetOptions: { image: '<YOUR IMAGE URL>' } } },
    }),
    path: 'inference.preset.presetOptions.image',
    code: placeholder,
    apiServer: 'inference.preset.presetOptions.image',
  },
  {
    name: 'unknown access mode',
    manifest: presetWorkspace({ inference: { preset: { name: 'phi-4', accessMode: 'open' } } }),
    path: 'inference.preset.accessMode',
    code: invalidValue,
    apiServer: 'inference.preset.accessMode',
  },
  {
    name: 'config that is no object name',
    manifest: presetWorkspace({ inference: { config: 'My_Config' } }),
    path: 'inference.config',
    code: invalidValue,
    apiServer: 'inference.config',
  },
  {
    name: 'template without a spec',
    manifest: templateWorkspace({}),
    path: 'inference.template.spec',
    code: required,
  },
  {
    name: 'template without containers',
    manifest: templateWorkspace({ spec: {} }),
    path: 'inference.template.spec.containers',
    code: required,
  },
  {
    name: 'template with a misspelt field',
    manifest: templateWorkspace({ spec: { containers: [{ name: 'main', image: 'x', comand: [] }] } }),
    path: 'inference.template.spec.containers[0].comand',
    code: issueCodes.unknownField,
  },
  // Adapters
  {
    name: 'strength that is a word',
    manifest: adapterWorkspace(adapter('abc')),
    path: 'inference.adapters[0].strength',
    code: invalidValue,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'strength above one',
    manifest: adapterWorkspace(adapter('2')),
    path: 'inference.adapters[0].strength',
    code: outOfRange,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'strength just above one',
    manifest: adapterWorkspace(adapter('1.0001')),
    path: 'inference.adapters[0].strength',
    code: outOfRange,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'negative strength',
    manifest: adapterWorkspace(adapter('-0.5')),
    path: 'inference.adapters[0].strength',
    code: invalidValue,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'empty strength',
    manifest: adapterWorkspace(adapter('')),
    path: 'inference.adapters[0].strength',
    code: invalidValue,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'strength beyond every double',
    manifest: adapterWorkspace(adapter('1e999')),
    path: 'inference.adapters[0].strength',
    code: outOfRange,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'strength that is not text',
    manifest: adapterWorkspace(adapter(0.5)),
    path: 'inference.adapters[0].strength',
    code: issueCodes.wrongType,
    apiServer: 'inference.adapters[0].strength',
  },
  {
    name: 'duplicate adapter names',
    manifest: adapterWorkspace(adapter('1'), adapter('0.5')),
    path: 'inference.adapters[1].source.name',
    code: duplicate,
    apiServer: 'inference.adapters',
  },
  {
    name: 'more than ten adapters',
    manifest: adapterWorkspace(...Array.from({ length: 11 }, (_, index) => adapter('1', `a${index}`))),
    path: 'inference.adapters',
    code: tooMany,
    apiServer: 'inference.adapters',
  },
  {
    name: 'adapter without a source',
    manifest: adapterWorkspace({ strength: '1' }),
    path: 'inference.adapters[0].source',
    code: required,
    apiServer: 'inference.adapters[0].source',
  },
  {
    name: 'adapter without a name',
    manifest: adapterWorkspace({ source: { image: source.image } }),
    path: 'inference.adapters[0].source.name',
    code: required,
    apiServer: 'inference.adapters[0].source.name',
  },
  {
    name: 'adapter name with a capital',
    manifest: adapterWorkspace(adapter('1', 'Pirate')),
    path: 'inference.adapters[0].source.name',
    code: invalidValue,
    apiServer: 'inference.adapters[0].source.name',
  },
  {
    name: 'adapter from nowhere',
    manifest: adapterWorkspace({ source: { name: 'pirate' } }),
    path: 'inference.adapters[0].source',
    code: exactlyOne,
    apiServer: 'inference.adapters[0].source',
  },
  {
    name: 'adapter from two places',
    manifest: adapterWorkspace({ source: { ...source, volumeSource: { emptyDir: {} } } }),
    path: 'inference.adapters[0].source',
    code: exactlyOne,
    apiServer: 'inference.adapters[0].source',
  },
  {
    name: 'adapter from a URL',
    manifest: adapterWorkspace({ source: { name: 'pirate', urls: ['https://example.com/a'] } }),
    path: 'inference.adapters[0].source.urls',
    code: notAllowed,
    apiServer: 'inference.adapters[0].source.urls',
  },
  {
    name: 'adapter image with capitals',
    manifest: adapterWorkspace({ source: { name: 'pirate', image: 'registry.example/Pirate:1' } }),
    path: 'inference.adapters[0].source.image',
    code: invalidValue,
    apiServer: 'inference.adapters[0].source.image',
  },
  {
    name: 'placeholder adapter image',
    manifest: adapterWorkspace({
      source: { name: 'pirate', image: 'ACR_REPO_HERE.azurecr.io/ADAPTER_HERE:0.0.1' },
    }),
    path: 'inference.adapters[0].source.image',
    code: placeholder,
    apiServer: 'inference.adapters[0].source.image',
  },
  {
    name: 'adapter volume of no known kind',
    manifest: adapterWorkspace({ source: { name: 'pirate', volumeSource: { pvc: {} } } }),
    path: 'inference.adapters[0].source.volumeSource.pvc',
    code: issueCodes.unknownField,
  },
];
