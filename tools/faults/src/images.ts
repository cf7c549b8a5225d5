import { chmod, cp, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoImageList } from '@kaito-ts/cli';
import { buildImages, folderImage, listedImages, projectImages, type ImageRecipe } from '@kaito-ts/images';

/** References of images that are there, whole or broken. */
export const images = {
  base: 'kaito-demo/own-base:1',
  pirate: 'kaito-demo/own-pirate:1',
  /** One fault's own: a registry answers 500 to whoever reads an image while it is tagged again. */
  spare: 'kaito-faults/spare-pirate:1',
  /** Has no /data. */
  empty: 'kaito-faults/empty:1',
  truncatedAdapter: 'kaito-faults/truncated-adapter:1',
  corruptModel: 'kaito-faults/corrupt-model:1',
  modelWithoutWeights: 'kaito-faults/model-without-weights:1',
  scriptedRuntime: 'kaito-faults/runtime:1',
  /** Holds /bin/busybox; the node's own. */
  busybox: 'kaito/pause:1',
} as const;

const demoModel = (name: string): string =>
  fileURLToPath(new URL(`../../demo-model/${name}`, import.meta.url));

/** Builds the project's images, the demo's, and the broken ones. */
export async function pushImages(registry: string, progress: (line: string) => void): Promise<void> {
  const list = demoImageList();
  if (list === undefined) throw new Error('examples/demo/images.yaml is missing');
  const { launcher, 'llama-cpp': llamaCpp } = await projectImages();
  const folder = await mkdtemp(join(tmpdir(), 'kaito-faults-'));
  try {
    const recipes = [launcher, llamaCpp, ...(await listedImages(list)), ...(await brokenImages(folder))];
    await buildImages(recipes, { registry, push: true, progress });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function brokenImages(folder: string): Promise<readonly ImageRecipe[]> {
  const adapter = join(folder, 'adapter');
  await cp(demoModel('own-pirate'), adapter, { recursive: true });
  await truncate(join(adapter, 'adapter_model.safetensors'), 100_000);
  const corrupt = join(folder, 'corrupt');
  await mkdir(corrupt);
  await cp(demoModel('own-base.gguf'), join(corrupt, 'model.gguf'));
  await truncate(join(corrupt, 'model.gguf'), 200_000);
  const without = join(folder, 'without');
  await mkdir(without);
  await writeFile(join(without, 'README.md'), 'The weights are elsewhere.\n');
  return [
    folderImage(demoModel('own-pirate'), images.spare),
    folderImage(adapter, images.truncatedAdapter),
    folderImage(corrupt, images.corruptModel),
    folderImage(without, images.modelWithoutWeights),
    filesImage(images.empty, { 'README.md': 'Nothing here.\n' }),
    filesImage(images.scriptedRuntime, { 'usr/local/bin/vllm': scriptedRuntime }),
  ];
}

function filesImage(reference: string, files: Readonly<Record<string, string>>): ImageRecipe {
  return {
    reference,
    containerfile: 'files',
    assemble: async (root) => {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(root, path, '..'), { recursive: true });
        await writeFile(join(root, path), text);
        await chmod(join(root, path), 0o755);
      }
    },
  };
}

/**
 * What vLLM says in situations that need hardware or a network, chosen by the name of the served model. The words are
 * those that vLLM 0.32 and its libraries print.
 */
const scriptedRuntime = `#!/kaito/bin/busybox sh
say() { echo "$1" >&2; }
case "$*" in
  *faults-driver*) say 'RuntimeError: Found no NVIDIA driver on your system.'; exit 1 ;;
  *faults-busy*) say 'ValueError: Free memory on device cuda:0 (3.1/79.2 GiB) on startup is less than desired GPU memory utilization (0.9, 71.3 GiB).'; exit 1 ;;
  *faults-cache*) say 'ValueError: No available memory for the cache blocks. Try increasing gpu_memory_utilization when initializing the engine.'; exit 1 ;;
  *faults-gated*) say 'huggingface_hub.errors.GatedRepoError: 401 Client Error. Cannot access gated repo for url https://huggingface.co/org/faults-gated/resolve/main/config.json.'; exit 1 ;;
  *faults-offline*) say 'requests.exceptions.ConnectionError: HTTPSConnectionPool(host=huggingface.co, port=443): Max retries exceeded'; exit 1 ;;
  *faults-architecture*) say 'ValueError: Model architectures [NewForCausalLM] are not supported for now.'; exit 1 ;;
  *faults-gpu*) say 'RuntimeError: CUDA error: an illegal memory access was encountered'; exit 1 ;;
  *faults-leaves*) say 'INFO shutting down'; exit 0 ;;
  *faults-memory*) /kaito/bin/busybox tail /dev/zero & exec /kaito/bin/busybox tail /dev/zero ;;
  *faults-slow*) say 'Loading safetensors checkpoint shards:  25% Completed | 1/4'; exec /kaito/bin/busybox sleep 3600 ;;
  *) say 'thread main panicked'; exit 101 ;;
esac
`;
