#!/usr/bin/env node
// In a checkout the bundle is built on first use; a published package brings it.
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// The work is done outside V8: a large young generation would only hold garbage. Set before the bundle is compiled.
setFlagsFromString('--max-semi-space-size=1');
setFlagsFromString('--optimize-for-size');

const ensure = new URL('../../../tools/build/ensure.mjs', import.meta.url);
if (existsSync(ensure)) await (await import(ensure.href)).ensureBundle(new URL('..', import.meta.url));
await import('../dist/main.mjs');
