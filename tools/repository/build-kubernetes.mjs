// Makes sure that every Kubernetes binary of the slow tier is there; prints the folder that holds them.
import { dirname } from 'node:path';
import { binaryNames, ensureBinary } from '@kaito-ts/real-cluster';

const options = { env: process.env, progress: (line) => process.stderr.write(`${line}\n`) };
let folder = '';
for (const name of binaryNames) folder = dirname(await ensureBinary(name, options));
process.stdout.write(folder);
