#!/usr/bin/env node
// In a checkout the bundle is built on first use; a published package brings it.
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// A controller makes much short-lived garbage and keeps little: a small young generation and a heap that grows slowly took
// the memory after 500 Workspaces at once from 194 to 113 MiB, for a third more of the operator's own CPU. Optimizing
// compilers' code and work space are 30 MiB with 1000 Workspaces. The image's entry point sets the same.
setFlagsFromString('--max-semi-space-size=2');
setFlagsFromString('--optimize-for-size');
setFlagsFromString('--no-turbofan');
setFlagsFromString('--no-maglev');

const ensure = new URL('../../../tools/build/ensure.mjs', import.meta.url);
if (existsSync(ensure)) await (await import(ensure.href)).ensureBundle(new URL('..', import.meta.url));
await import('../dist/main.mjs');
