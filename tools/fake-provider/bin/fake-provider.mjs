#!/usr/bin/env node
// In a checkout the bundle is built on first use; a published package brings it.
import { existsSync } from 'node:fs';

const ensure = new URL('../../../tools/build/ensure.mjs', import.meta.url);
if (existsSync(ensure)) await (await import(ensure.href)).ensureBundle(new URL('..', import.meta.url));
await import('../dist/main.mjs');
