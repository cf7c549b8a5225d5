#!/usr/bin/env node
/** Times a sweep of every model over all machines of the catalogue: node tools/bench/sizing/sweep.mjs [MODEL…] */
import { runSource } from './run-source.mjs';

process.exit(runSource('sweep-models.mjs', process.argv.slice(2)));
