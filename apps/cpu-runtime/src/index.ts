/**
 * An OpenAI-compatible server over llama.cpp, for machines without a GPU.
 *
 * Takes llama-server's flags, so that whoever starts one can start the other. Knows tokens, prompts, sequences and the
 * shapes of the OpenAI API; refuses to know Kubernetes, the launcher, and where the files came from.
 *
 * An {@link Engine} is a loaded model that turns tokens into tokens; an endpoint reads one kind of body and shapes one
 * kind of answer. Requests beyond `--parallel` wait in order; one whose client leaves gives its place back.
 */
export { type LoraFile, parseCommandLine, type SamplingDefaults, type Settings } from './command-line.ts';
export type { ChatMessage, Engine, Sampling, TokenEvent, TokenRequest } from './engine/engine.ts';
export { loadLlamaEngine } from './engine/llama-engine.ts';
export { createServer, type ServerOptions } from './http/server.ts';
export { run } from './run.ts';
