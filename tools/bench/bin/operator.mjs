#!/usr/bin/env node
// The bundle is built on first use.
import { ensureBundle } from '../../build/ensure.mjs';

await ensureBundle(new URL('..', import.meta.url));
await import('../dist/main.mjs');
