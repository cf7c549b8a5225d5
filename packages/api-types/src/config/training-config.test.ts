import { describe, expect, it } from 'vitest';
import { parseTrainingConfig } from './training-config.ts';

const config = (...lines: readonly string[]): string =>
  ['training_config:', ...lines.map((line) => `  ${line}`)].join('\n');
const fourBit = config('QuantizationConfig:', '  load_in_4bit: true');

describe('accepts', () => {
  it.each([
    { name: 'qlora with four bits', text: fourBit, method: 'QLoRA' },
    { name: 'lora without quantization', text: config('LoraConfig: {r: 8}'), method: 'lora' },
    {
      name: 'an output directory by its name',
      text: config('TrainingArguments: {output_dir: results}'),
      method: 'lora',
    },
    {
      name: 'an output directory by its path',
      text: config('TrainingArguments: {output_dir: /mnt/a/b}'),
      method: 'lora',
    },
    { name: 'an empty section', text: config('DataCollator:'), method: 'lora' },
  ])('$name', ({ text, method }) => {
    expect(parseTrainingConfig(text, method)).toMatchObject({ ok: true, issues: [] });
  });
});

describe('refuses', () => {
  const quantization = 'training_config.QuantizationConfig';
  const outputDirectory = 'training_config.TrainingArguments.output_dir';
  it.each([
    { name: 'nothing', text: '', method: 'lora', path: 'training_config', code: 'REQUIRED' },
    {
      name: 'a list of sections',
      text: 'training_config: []',
      method: 'lora',
      path: 'training_config',
      code: 'WRONG_TYPE',
    },
    {
      name: 'an unknown section',
      text: config('LoreConfig: {}'),
      method: 'lora',
      path: 'training_config.LoreConfig',
      code: 'UNKNOWN_FIELD',
    },
    {
      name: 'a section that is a number',
      text: config('LoraConfig: 8'),
      method: 'lora',
      path: 'training_config.LoraConfig',
      code: 'WRONG_TYPE',
    },
    {
      name: 'a switch that is text',
      text: config('QuantizationConfig: {load_in_4bit: "on"}'),
      method: 'qlora',
      path: `${quantization}.load_in_4bit`,
      code: 'WRONG_TYPE',
    },
    {
      name: 'both switches',
      text: config('QuantizationConfig: {load_in_4bit: true, load_in_8bit: true}'),
      method: 'qlora',
      path: quantization,
      code: 'EXACTLY_ONE',
    },
    { name: 'lora with four bits', text: fourBit, method: 'lora', path: quantization, code: 'NOT_ALLOWED' },
    {
      name: 'qlora without bits',
      text: config('LoraConfig: {}'),
      method: 'qlora',
      path: quantization,
      code: 'REQUIRED',
    },
    {
      name: 'an output directory outside',
      text: config('TrainingArguments: {output_dir: ../etc}'),
      method: 'lora',
      path: outputDirectory,
      code: 'INVALID_VALUE',
    },
    {
      name: 'the mount itself as output',
      text: config('TrainingArguments: {output_dir: /mnt}'),
      method: 'lora',
      path: outputDirectory,
      code: 'INVALID_VALUE',
    },
    {
      name: 'an output directory that is a number',
      text: config('TrainingArguments: {output_dir: 3}'),
      method: 'lora',
      path: outputDirectory,
      code: 'WRONG_TYPE',
    },
  ])('$name', ({ text, method, path, code }) => {
    const result = parseTrainingConfig(text, method);
    expect(result).toMatchObject({ ok: false });
    expect(result.issues).toContainEqual(expect.objectContaining({ path, code }));
  });
});
