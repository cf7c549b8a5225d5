import type { Engine, EngineName } from './engine.ts';
import { llamacpp } from './llamacpp.ts';
import { transformers } from './transformers.ts';
import { vllm } from './vllm.ts';

export const engines: readonly Engine[] = [vllm, transformers, llamacpp];

export const engineNames: readonly EngineName[] = engines.map(({ name }) => name);

export function engineOf(name: EngineName): Engine {
  const engine = engines.find((candidate) => candidate.name === name);
  if (engine === undefined) throw new Error(`no engine is called ${name}`);
  return engine;
}
