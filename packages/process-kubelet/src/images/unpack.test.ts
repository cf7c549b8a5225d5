import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarOf, type TarFixtureEntry } from '../testing/tar-fixture.ts';
import { applyLayer } from './unpack.ts';

let scratch: string;
let root: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'unpack-'));
  root = join(scratch, 'root');
  mkdirSync(root);
  mkdirSync(join(scratch, 'outside'));
  writeFileSync(join(scratch, 'outside', 'secret'), 'host');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

async function apply(...entries: readonly TarFixtureEntry[]): Promise<void> {
  await applyLayer(Readable.from([tarOf(entries)]), root);
}

describe('hostile layers', () => {
  test.each<[string, readonly TarFixtureEntry[]]>([
    ['a name that climbs', [{ path: '../outside/planted', content: 'x' }]],
    ['a name that climbs from inside', [{ path: 'a/../../outside/planted', content: 'x' }]],
    ['a hard link to a name that climbs', [{ path: 'x', type: 'Link', linkpath: '../outside/secret' }]],
    ['a hard link to an absolute host file', [{ path: 'x', type: 'Link', linkpath: '/etc/passwd' }]],
    ['a whiteout of the folder above', [{ path: '.wh...', content: '' }]],
    [
      'links that lead in a circle',
      [
        { path: 'a', type: 'SymbolicLink', linkpath: 'b' },
        { path: 'b', type: 'SymbolicLink', linkpath: 'a' },
        { path: 'a/file', content: 'x' },
      ],
    ],
  ])('%s is refused', async (_what, entries) => {
    await expect(apply(...entries)).rejects.toMatchObject({ code: 'LAYER_UNSAFE' });
    expect(existsSync(join(scratch, 'outside', 'planted'))).toBe(false);
  });

  test.each(['..', '../outside', '/outside', '../../../../..'])(
    'a file below a link to %s stays inside',
    async (linkpath) => {
      await apply({ path: 'out', type: 'SymbolicLink', linkpath }, { path: 'out/planted', content: 'x' });
      expect(existsSync(join(scratch, 'outside', 'planted'))).toBe(false);
      expect(existsSync(join(scratch, 'planted'))).toBe(false);
      expect(realpathSync(join(root, 'out', 'planted')).startsWith(`${realpathSync(root)}/`)).toBe(true);
    },
  );

  test('an absolute link means the image, for the host too', async () => {
    await apply(
      { path: 'etc', type: 'Directory', mode: 0o755 },
      { path: 'etc/passwd', content: 'image' },
      { path: 'deep/er', type: 'Directory', mode: 0o755 },
      { path: 'deep/er/link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
      { path: 'deep/er/above', type: 'SymbolicLink', linkpath: '../../../../../../etc/passwd' },
    );
    expect(readFileSync(join(root, 'deep/er/link'), 'utf8')).toBe('image');
    expect(readFileSync(join(root, 'deep/er/above'), 'utf8')).toBe('image');
  });

  test('an existing link is replaced by a file, not written through', async () => {
    await apply({ path: 'x', type: 'SymbolicLink', linkpath: 'y' }, { path: 'y', content: 'old' });
    await apply({ path: 'x', content: 'new' });
    expect(readFileSync(join(root, 'y'), 'utf8')).toBe('old');
    expect(readFileSync(join(root, 'x'), 'utf8')).toBe('new');
  });

  test('devices are left out and set-user-id bits are dropped', async () => {
    await apply({ path: 'null', type: 'CharacterDevice' }, { path: 'su', content: '#!', mode: 0o4755 });
    expect(existsSync(join(root, 'null'))).toBe(false);
    expect(statSync(join(root, 'su')).mode & 0o7777).toBe(0o755);
  });

  test('a damaged archive is an error', async () => {
    const damaged = tarOf([{ path: 'x', content: 'y'.repeat(2000) }]).subarray(0, 1024);
    await expect(applyLayer(Readable.from([damaged]), root)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });
});

describe('layers over layers', () => {
  test('whiteouts take away what lower layers brought', async () => {
    await apply(
      { path: 'keep', content: '1' },
      { path: 'gone', content: '1' },
      { path: 'dir/a', content: '1' },
      { path: 'dir/b', content: '1' },
    );
    await apply({ path: '.wh.gone' }, { path: 'dir/c', content: '2' }, { path: 'dir/.wh..wh..opq' });
    expect(existsSync(join(root, 'gone'))).toBe(false);
    expect(existsSync(join(root, 'dir/a'))).toBe(false);
    expect(readFileSync(join(root, 'dir/c'), 'utf8')).toBe('2');
    expect(readFileSync(join(root, 'keep'), 'utf8')).toBe('1');
  });

  test('a file through a linked folder of a lower layer lands in the folder', async () => {
    await apply(
      { path: 'usr/lib', type: 'Directory', mode: 0o755 },
      { path: 'lib', type: 'SymbolicLink', linkpath: '/usr/lib' },
    );
    await apply({ path: 'lib/x.so', content: 'x' }, { path: 'lib/y.so', type: 'Link', linkpath: 'lib/x.so' });
    expect(lstatSync(join(root, 'usr/lib/x.so')).nlink).toBe(2);
  });

  test('a file replaces a folder, and a folder a file', async () => {
    await apply({ path: 'a/b', content: '1' }, { path: 'c', content: '1' });
    await apply(
      { path: 'a', content: '2' },
      { path: 'c', type: 'Directory', mode: 0o755 },
      { path: 'c/d', content: '2' },
    );
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('2');
    expect(readFileSync(join(root, 'c/d'), 'utf8')).toBe('2');
  });
});
