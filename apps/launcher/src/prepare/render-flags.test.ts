import type { FlagRecord, FlagTable } from '@kaito-ts/preset-catalog/runtimes';
import { expect, test } from 'vitest';
import { vllm } from '../engines/vllm.ts';
import { renderFlags, type RenderedFlags } from './render-flags.ts';

const flags: readonly Omit<FlagRecord, 'aliases'>[] = [
  { name: 'max-model-len', type: 'int', humanReadable: true, words: ['auto'] },
  { name: 'gpu-memory-utilization', type: 'float' },
  { name: 'enable-prefix-caching', type: 'boolean', negation: 'no-enable-prefix-caching' },
  { name: 'enforce-eager', type: 'boolean' },
  { name: 'dtype', type: 'string', choices: ['auto', 'bfloat16', 'half'] },
  { name: 'compilation-config', type: 'json' },
  { name: 'allowed-origins', type: 'list', listStyle: 'values' },
  { name: 'chat-template', type: 'string' },
  { name: 'swap-space', type: 'int', removedIn: '0.20.0', replacement: 'kv-offloading-size' },
  { name: 'kv-offloading-size', type: 'float' },
  { name: 'num-scheduler-steps', type: 'int', removedIn: '0.20.0', note: 'the new scheduler has no steps' },
  { name: 'port', type: 'int' },
];

const table: FlagTable = {
  engine: 'vllm',
  version: '0.32.0',
  flags: new Map(flags.map((flag) => [flag.name, { ...flag, aliases: [] }])),
  findFlag: (spelling) => {
    const name = spelling.replace(/^-+/u, '').replaceAll('_', '-');
    const found = flags.find((flag) => flag.name === name || flag.negation === name);
    return found && { ...found, aliases: [] };
  },
};

function render(...sources: readonly Readonly<Record<string, unknown>>[]): RenderedFlags {
  return renderFlags({
    sources: sources.map((values, index) => ({ values, where: () => `source${index}` })),
    table,
    style: vllm.flagStyle,
    optionalFiles: vllm.optionalFiles,
    fileExists: (path) => path === '/templates/here.jinja',
  });
}

const rendered: readonly [string, unknown, readonly string[]][] = [
  ['max-model-len', 1024, ['--max-model-len=1024']],
  ['max_model_len', '2K', ['--max-model-len=2K']],
  ['max-model-len', 'auto', ['--max-model-len=auto']],
  ['gpu-memory-utilization', 0.9, ['--gpu-memory-utilization=0.9']],
  ['gpu-memory-utilization', '1e-1', ['--gpu-memory-utilization=1e-1']],
  ['enable-prefix-caching', true, ['--enable-prefix-caching']],
  ['enable-prefix-caching', false, ['--no-enable-prefix-caching']],
  ['enable-prefix-caching', 'False', ['--no-enable-prefix-caching']],
  ['no-enable-prefix-caching', true, ['--no-enable-prefix-caching']],
  ['enforce-eager', '', ['--enforce-eager']],
  ['enforce-eager', false, []],
  ['dtype', 'half', ['--dtype=half']],
  ['compilation-config', { level: 3 }, ['--compilation-config={"level":3}']],
  ['compilation-config', '\'{"level":3}\'', ['--compilation-config={"level":3}']],
  ['compilation-config.pass_config.fuse', false, ['--compilation-config.pass_config.fuse=false']],
  ['allowed-origins', ['a', 'b'], ['--allowed-origins', 'a', 'b']],
  ['chat-template', '/templates/here.jinja', ['--chat-template=/templates/here.jinja']],
  ['chat-template', '{{ messages }}', ['--chat-template={{ messages }}']],
];

test.each(rendered)('%s: %j', (key, value, words) => {
  const { flags: result, problems } = render({ [key]: value });
  expect(problems).toEqual([]);
  expect([...result.values()].flat()).toEqual(words);
});

const refused: readonly [string, unknown, RegExp][] = [
  ['max-model-len', 'many', /must be a whole number or one of auto, not "many"/u],
  ['max-model-len', 1.5, /must be a whole number/u],
  ['gpu-memory-utilization', '90%', /must be a number, not "90%"/u],
  ['enable-prefix-caching', 'yes', /must be true or false, not "yes"/u],
  ['dtype', 'bf16', /must be one of auto, bfloat16, half, not "bf16"/u],
  ['compilation-config', '{level', /must be a map or a JSON text/u],
  ['max-modle-len', 5, /max-modle-len is no flag of vllm 0.32.0; did you mean max-model-len\?/u],
  ['max-model-l', 5, /is no flag/u],
  ['port', 80, /port cannot be set: the launcher owns/u],
  ['--served_model_name', 'x', /cannot be set: the Workspace says/u],
  ['api-key', 'k', /cannot be set: a key on a command line/u],
];

test.each(refused)('%s: %j is refused with place and reason', (key, value, reason) => {
  const { problems } = render({ [key]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^source0: /u);
  expect(problems[0]).toMatch(reason);
});

test('a later source wins, flag by flag, however the key is spelt; nothing left of what it takes away', () => {
  const { flags: result, warnings } = render(
    { 'max-model-len': 4096, 'enforce-eager': true, dtype: 'half' },
    { max_model_len: 8192, dtype: null },
  );
  expect([...result.values()].flat()).toEqual(['--max-model-len=8192', '--enforce-eager']);
  expect(warnings).toEqual(['source1: dtype has no value, so the default of the runtime holds']);
});

test('flags that a release removed are left out, with a warning that names the replacement', () => {
  const { flags: result, warnings, problems } = render({ 'swap-space': 4, 'num-scheduler-steps': 8 });
  expect(problems).toEqual([]);
  expect(result.size).toBe(0);
  expect(warnings).toEqual([
    'source0: swap-space is gone in vllm 0.32.0 and was left out (instead: kv-offloading-size)',
    'source0: num-scheduler-steps is gone in vllm 0.32.0 and was left out (the new scheduler has no steps)',
  ]);
});

test('a chat template of another image gives way to the model’s own', () => {
  const { flags: result, warnings } = render({ 'chat-template': '/workspace/chat_templates/phi-3.jinja' });
  expect(result.size).toBe(0);
  expect(warnings[0]).toContain(
    `"/workspace/chat_templates/phi-3.jinja" is not in this image, so the model's own is used`,
  );
});
