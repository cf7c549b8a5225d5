import { describe, expect, test } from 'vitest';
import { createTranslator } from './translator.ts';

const translator = createTranslator(
  [
    { inContainer: '/mnt/config', onHost: '/state/v/config', from: 'mount' },
    { inContainer: '/workspace', onHost: '/state/v/workspace', from: 'mount' },
    { inContainer: '/workspace/weights', onHost: '/state/v/weights', from: 'mount' },
    { inContainer: '/data', onHost: '/roots/1/data', from: 'image' },
    { inContainer: '/usr', onHost: '/roots/1/usr', from: 'image' },
    { inContainer: '/dev/shm', onHost: '/state/v/dshm', from: 'mount' },
  ],
  { existsOnHost: (path) => path === '/usr' },
);

describe('value', () => {
  test.each([
    ['the mount itself', '/mnt/config', '/state/v/config'],
    ['below it', '/mnt/config/a/b.yaml', '/state/v/config/a/b.yaml'],
    ['with a slash or dot at its end, kept', '/data/.', '/roots/1/data/.'],
    ['the most specific mount wins', '/workspace/weights/model', '/state/v/weights/model'],
    ['its neighbour', '/workspace/other', '/state/v/workspace/other'],
    ['after the first =', '--config=/mnt/config/x', '--config=/state/v/config/x'],
    ['only after the first =', 'a=b=/mnt/config', 'a=b=/mnt/config'],
    ['a longer name is another path', '/database/x', '/database/x'],
    ['in the middle of a text', 'cat /mnt/config/x', 'cat /mnt/config/x'],
    ['a list of paths is one text', '/x:/mnt/config', '/x:/mnt/config'],
    ['a relative path', 'data/x', 'data/x'],
    ['a URL', 'http://host/data/x', 'http://host/data/x'],
    ['nothing', '', ''],
  ])('%s: %s', (_what, text, expected) => {
    expect(translator.value(text)).toBe(expected);
  });
});

test('PATH is translated entry by entry', () => {
  expect(translator.list('/usr/bin:/bin:/mnt/config/bin')).toBe('/roots/1/usr/bin:/bin:/state/v/config/bin');
});

describe('untranslated', () => {
  test.each([
    ['cat /mnt/config/x', '/mnt/config'],
    ['cp -a /data/. /workspace', '/workspace'],
    ['cp -a /data/. x', '/data'],
    ['/x:/mnt/config', '/mnt/config'],
    ['/mnt/config/a:/mnt/config/b', '/mnt/config'],
    ['a=b=/mnt/config', '/mnt/config'],
    ['{"path":"/workspace/weights"}', '/workspace/weights'],
    ['file:///data/x', '/data'],
    ['ls /data;', '/data'],
    ['/data, and more', '/data'],
    ['echo hi > /dev/shm/x', '/dev/shm'],
  ])('%s', (text, path) => {
    expect(translator.untranslated(text)).toBe(path);
  });

  test.each([
    '/mnt/config/x',
    '--config=/mnt/config/x',
    '/data/data',
    '/database',
    'x/data',
    './data',
    'http://host/data/x',
    '/usr/bin/env and /usr/bin/sh',
    'plain words',
  ])('nothing in %s', (text) => {
    expect(translator.untranslated(text)).toBeUndefined();
  });
});
