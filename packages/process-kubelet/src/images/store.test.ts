import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarOf } from '../testing/tar-fixture.ts';
import { openImageStore, type ImageStore } from './store.ts';

let scratch: string;
let store: ImageStore;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'images-'));
  store = await openImageStore(join(scratch, 'store'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function folder(name: string, mode = 0o644): string {
  const directory = join(scratch, name);
  mkdirSync(join(directory, 'data'), { recursive: true });
  writeFileSync(join(directory, 'data', 'config.json'), '{}');
  writeFileSync(join(directory, 'data', 'run.sh'), '#!/bin/sh\n');
  chmodSync(join(directory, 'data', 'run.sh'), 0o755);
  chmodSync(join(directory, 'data', 'config.json'), mode);
  symlinkSync('config.json', join(directory, 'data', 'link'));
  return directory;
}

describe('build', () => {
  test('a folder comes back as it was', async () => {
    await store.build({ directory: folder('a'), tag: 'demo/base:1' });
    const target = join(scratch, 'out');
    await store.unpack('demo/base:1', target);
    expect(readFileSync(join(target, 'data/link'), 'utf8')).toBe('{}');
    expect(statSync(join(target, 'data/run.sh')).mode & 0o777).toBe(0o755);
  });

  test('the digest depends on contents, not on times, order or hard links', async () => {
    const one = folder('one');
    const two = folder('two');
    utimesSync(join(two, 'data', 'config.json'), 1, 1);
    rmSync(join(two, 'data', 'run.sh'));
    writeFileSync(join(scratch, 'elsewhere'), '#!/bin/sh\n');
    chmodSync(join(scratch, 'elsewhere'), 0o755);
    linkSync(join(scratch, 'elsewhere'), join(two, 'data', 'run.sh'));
    const first = await store.build({ directory: one, tag: 'a' });
    const second = await store.build({ directory: two, tag: 'b' });
    const third = await store.build({ directory: folder('three', 0o600), tag: 'c' });
    expect(second.digest).toBe(first.digest);
    expect(third.digest).not.toBe(first.digest);
  });

  test('a tag moves, and the image is found by tag and by digest', async () => {
    const first = await store.build({ directory: folder('a'), tag: 'x:1' });
    writeFileSync(join(scratch, 'a/data/more'), 'more');
    const second = await store.build({ directory: join(scratch, 'a'), tag: 'x:1' });
    expect(await store.list()).toEqual([second]);
    expect(await store.find(`x@${second.digest}`)).toEqual(second);
    expect(await store.find(`x@${first.digest}`)).toBeUndefined();
  });

  test('config is kept', async () => {
    await store.build({
      directory: folder('a'),
      tag: 'x',
      config: { entrypoint: ['/data/run.sh'], env: ['A=1'], workingDirectory: '/data' },
    });
    expect(await store.config('x:latest')).toEqual({
      entrypoint: ['/data/run.sh'],
      command: [],
      env: ['A=1'],
      workingDirectory: '/data',
    });
  });

  test('what is no folder is refused', async () => {
    await expect(store.build({ directory: join(scratch, 'nothing'), tag: 'x' })).rejects.toMatchObject({
      code: 'LAYOUT_INVALID',
    });
    await expect(store.build({ directory: folder('a'), tag: 'Not A Tag' })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
  });

  test('several processes may build at once', async () => {
    const directory = folder('a');
    const other = await openImageStore(join(scratch, 'store'));
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        (index % 2 ? store : other).build({ directory, tag: `x:${index}` }),
      ),
    );
    expect(await store.list()).toHaveLength(12);
  });
});

describe('load', () => {
  test('a folder in OCI layout and an archive of it', async () => {
    const built = await store.build({ directory: folder('a'), tag: 'demo/base:1' });
    const fromFolder = await openImageStore(join(scratch, 'second'));
    expect(await fromFolder.load(store.directory)).toEqual([built]);
    execFileSync('tar', ['-C', store.directory, '-cf', join(scratch, 'oci.tar'), '.']);
    const fromArchive = await openImageStore(join(scratch, 'third'));
    expect(await fromArchive.load(join(scratch, 'oci.tar'))).toEqual([built]);
    await fromArchive.unpack('demo/base:1', join(scratch, 'out'));
    expect(readFileSync(join(scratch, 'out/data/config.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(scratch, 'third/blobs')).filter((name) => name.startsWith('.load'))).toEqual([]);
  });

  test('what docker save writes', async () => {
    const layer = tarOf([{ path: 'hello', content: 'from docker' }]).toString('latin1');
    const config = JSON.stringify({ config: { Cmd: ['/hello'] }, rootfs: { type: 'layers', diff_ids: [] } });
    const manifest = JSON.stringify([
      { Config: 'c.json', RepoTags: ['old/style:2'], Layers: ['l1/layer.tar'] },
    ]);
    const archive = join(scratch, 'docker.tar');
    const directory = join(scratch, 'docker');
    mkdirSync(join(directory, 'l1'), { recursive: true });
    writeFileSync(join(directory, 'l1/layer.tar'), Buffer.from(layer, 'latin1'));
    writeFileSync(join(directory, 'c.json'), config);
    writeFileSync(join(directory, 'manifest.json'), manifest);
    execFileSync('tar', ['-C', directory, '-cf', archive, 'manifest.json', 'c.json', 'l1']);
    const [image] = await store.load(archive);
    expect(image?.reference).toBe('old/style:2');
    expect((await store.config('old/style:2')).command).toEqual(['/hello']);
    await store.unpack('old/style:2', join(scratch, 'out'));
    expect(readFileSync(join(scratch, 'out/hello'), 'utf8')).toBe('from docker');
  });

  test('an archive whose names climb is refused', async () => {
    writeFileSync(join(scratch, 'evil.tar'), tarOf([{ path: '../planted', content: 'x' }]));
    await expect(store.load(join(scratch, 'evil.tar'))).rejects.toMatchObject({ code: 'LAYER_UNSAFE' });
    writeFileSync(
      join(scratch, 'evil2.tar'),
      tarOf([{ path: 'manifest.json', content: '[{"Config":"../../x","Layers":[]}]' }]),
    );
    await expect(store.load(join(scratch, 'evil2.tar'))).rejects.toMatchObject({ code: 'LAYER_UNSAFE' });
  });

  test('something else is refused with a reason', async () => {
    writeFileSync(join(scratch, 'x.tar'), tarOf([{ path: 'readme', content: 'x' }]));
    await expect(store.load(join(scratch, 'x.tar'))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
    await expect(store.load(join(scratch, 'missing.tar'))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
  });
});

describe('unpack', () => {
  test('a blob that was changed is noticed, and nothing half-unpacked stays', async () => {
    const { digest } = await store.build({ directory: folder('a'), tag: 'x' });
    const manifest = JSON.parse(
      readFileSync(join(store.directory, 'blobs/sha256', digest.slice(7)), 'utf8'),
    ) as {
      layers: { digest: string }[];
    };
    const layer = join(store.directory, 'blobs/sha256', manifest.layers[0]?.digest.slice(7) ?? '');
    writeFileSync(layer, tarOf([{ path: 'evil', content: 'x' }]));
    await expect(store.unpack('x', join(scratch, 'out'))).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
    expect(existsSync(join(scratch, 'out'))).toBe(false);
  });

  test('an unknown image and a filled folder are refused', async () => {
    await expect(store.unpack('nobody/knows:1', join(scratch, 'out'))).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    });
    await store.build({ directory: folder('a'), tag: 'x' });
    await expect(store.unpack('x', join(scratch, 'a'))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
    expect(existsSync(join(scratch, 'a/data'))).toBe(true);
  });
});

test('remove takes the name away', async () => {
  await store.build({ directory: folder('a'), tag: 'x:1' });
  await store.build({ directory: join(scratch, 'a'), tag: 'x:2' });
  await store.remove('x:1');
  expect((await store.list()).map(({ reference }) => reference)).toEqual(['x:2']);
  await expect(store.remove('x:1')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
});
