import { describe, expect, it } from 'vitest';
import { parseInferenceConfig } from './inference-config.ts';

it('keeps the types that the YAML has, and knows where each flag stands', () => {
  const config = parseInferenceConfig(`vllm:
  max-model-len: 4096
  gpu-memory-utilization: 0.9
  enable-prefix-caching: false
  served-model-name: [a, b]
  compilation-config: {level: 3}
llamacpp:
  threads: 2
kv_cache_cpu_memory_utilization: 0.5
`);
  expect(config).toMatchObject({
    ok: true,
    issues: [],
    value: {
      vllm: {
        'max-model-len': 4096,
        'gpu-memory-utilization': 0.9,
        'enable-prefix-caching': false,
        'served-model-name': ['a', 'b'],
        'compilation-config': { level: 3 },
      },
      llamacpp: { threads: 2 },
      kvCacheCpuMemoryUtilization: 0.5,
    },
  });
  const position = config.ok ? config.value.positionOf(['vllm', 'gpu-memory-utilization']) : undefined;
  expect(position).toEqual({ line: 3, column: 3 });
});

it.each(['', '# nothing\n', 'vllm:\n', 'vllm: {}\n', 'vllm: null'])('%j sets nothing', (text) => {
  expect(parseInferenceConfig(text)).toMatchObject({ ok: true, value: { vllm: {} }, issues: [] });
});

describe('refuses', () => {
  it.each([
    { name: 'a list', text: '- a\n- b', code: 'WRONG_TYPE', path: '', line: 1 },
    { name: 'text', text: 'just words', code: 'WRONG_TYPE', path: '', line: 1 },
    {
      name: 'flags that are no map',
      text: 'max_probe_steps: 6\nvllm: [a]',
      code: 'WRONG_TYPE',
      path: 'vllm',
      line: 2,
    },
    { name: 'an unknown section', text: 'vlm:\n  a: 1', code: 'UNKNOWN_FIELD', path: 'vlm', line: 1 },
    {
      name: 'a flag outside its section',
      text: 'vllm: {}\nmax-model-len: 1',
      code: 'UNKNOWN_FIELD',
      path: 'max-model-len',
      line: 2,
    },
    {
      name: 'a flag without a value',
      text: 'vllm:\n  a: 1\n  b:\n',
      code: 'REQUIRED',
      path: 'vllm.b',
      line: 3,
    },
    { name: 'no number', text: 'vllm:\n  a: .nan', code: 'INVALID_VALUE', path: 'vllm.a', line: 2 },
    { name: 'a placeholder', text: 'vllm:\n  a: <your-path>', code: 'PLACEHOLDER', path: 'vllm.a', line: 2 },
    {
      name: 'a wrong probe count',
      text: 'max_probe_steps: six',
      code: 'WRONG_TYPE',
      path: 'max_probe_steps',
      line: 1,
    },
    {
      name: 'more memory than there is',
      text: 'kv_cache_cpu_memory_utilization: 2',
      code: 'OUT_OF_RANGE',
      path: 'kv_cache_cpu_memory_utilization',
      line: 1,
    },
    { name: 'a tab', text: 'vllm:\n\ta: 1', code: 'YAML_SYNTAX', path: '', line: 2 },
    { name: 'a duplicate flag', text: 'vllm:\n  a: 1\n  a: 2', code: 'YAML_SYNTAX', path: '', line: 3 },
    { name: 'two documents', text: 'vllm: {}\n---\nvllm: {}', code: 'WRONG_TYPE', path: '', line: 3 },
  ])('$name', ({ text, code, path, line }) => {
    const config = parseInferenceConfig(text);
    expect(config).toMatchObject({ ok: false });
    expect(config.issues).toContainEqual(expect.objectContaining({ code, path, line, severity: 'error' }));
  });
});

it('names the section that was probably meant', () => {
  expect(parseInferenceConfig('vlm: {}').issues[0]?.message).toContain('did you mean "vllm"?');
});

it.each(['yes', 'Off', '010', '12:30'])('warns that %s is read in two ways', (text) => {
  const config = parseInferenceConfig(`vllm:\n  flag: ${text}\n  quoted: "${text}"\n`);
  expect(config.issues).toEqual([
    expect.objectContaining({ code: 'AMBIGUOUS', path: 'vllm.flag', line: 2, severity: 'warning' }),
  ]);
});
