import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderImage } from './recipes.ts';

test('an image of a folder that is closed to others can be read by whoever runs it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaito-recipe-'));
  try {
    const [source, root] = [join(folder, 'adapter'), join(folder, 'root')];
    await mkdir(join(source, 'deeper'), { recursive: true, mode: 0o700 });
    await writeFile(join(source, 'deeper/adapter_config.json'), '{}', { mode: 0o600 });
    await chmod(source, 0o700);
    await mkdir(root);
    await folderImage(source, 'adapters/mine:1').assemble(root, () => {});
    const modeOf = async (path: string): Promise<number> => (await stat(join(root, path))).mode & 0o777;
    expect(await modeOf('data')).toBe(0o755);
    expect(await modeOf('data/deeper')).toBe(0o755);
    expect(await modeOf('data/deeper/adapter_config.json')).toBe(0o644);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
