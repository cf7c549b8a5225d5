// Makes sure that every Kubernetes binary of the slow tier is there; prints the folder that holds them.
import { dirname } from 'node:path';
import { ensureBinary } from '@kaito-ts/real-cluster';

const names = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok'];
const options = { env: process.env, progress: (line) => process.stderr.write(`${line}\n`) };
let folder = '';
for (const name of names) folder = dirname(await ensureBinary(name, options));
process.stdout.write(folder);
