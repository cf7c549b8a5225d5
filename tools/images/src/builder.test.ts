import { describe, expect, test } from 'vitest';
import { chooseBuilder, type BuilderName } from './builder.ts';

interface Machine {
  /** Programs that are there and work. */
  readonly has: readonly string[];
}

/** A machine on which nothing runs; what would be run is on record. */
function machine({ has }: Machine): {
  readonly said: string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly choose: (name?: BuilderName) => ReturnType<typeof chooseBuilder>;
} {
  const said: string[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const execute: NonNullable<Parameters<typeof chooseBuilder>[0]['execute']> = async (
    command,
    args,
    options,
  ) => {
    said.push([command, ...args].join(' '));
    Object.assign(environment, options?.env);
    if (!has.includes(command) && command !== 'apt-get') throw new Error(`${command} is not there`);
    return 'sha256:abc\n';
  };
  return {
    said,
    environment,
    choose: (name) => chooseBuilder({ name, transient: false, progress: () => {}, execute }),
  };
}

describe('the builder', () => {
  test.each<readonly [readonly string[], BuilderName]>([
    [['buildah', 'docker'], 'buildah'],
    [['docker'], 'docker'],
    [[], 'buildah'],
  ])('of a machine with %j is %s', async (has, name) => {
    expect((await machine({ has }).choose()).name).toBe(name);
  });

  test('is installed from Debian where there is none', async () => {
    const { said, choose } = machine({ has: [] });
    await choose();
    expect(said).toContain('apt-get install -y -q -o Acquire::Retries=5 --no-install-recommends buildah');
  });

  test('Docker builds the same Containerfile, with times that repeat, and pushes', async () => {
    const { said, environment, choose } = machine({ has: ['docker'] });
    const builder = await choose('docker');
    expect(await builder.build('/context', 'registry.example/kaito-ts/launcher:1')).toBe('sha256:abc');
    await builder.push('registry.example/kaito-ts/launcher:1');
    expect(said).toEqual([
      'docker build -q -f /context/Containerfile -t registry.example/kaito-ts/launcher:1 /context',
      'docker push -q registry.example/kaito-ts/launcher:1',
    ]);
    expect(environment).toMatchObject({ SOURCE_DATE_EPOCH: '0', DOCKER_BUILDKIT: '1' });
  });

  test('buildah builds without an engine, and speaks plain HTTP only to registries near by', async () => {
    const { said, choose } = machine({ has: ['buildah'] });
    const builder = await choose('buildah');
    await builder.build('/context', 'registry.example/a:1');
    await builder.push('registry.example/a:1');
    await builder.push('10.0.0.1:5000/a:1');
    expect(said.slice(1)).toEqual([
      'buildah --storage-driver vfs bud -q --isolation chroot --timestamp 0 -f /context/Containerfile -t registry.example/a:1 /context',
      'buildah --storage-driver vfs push -q registry.example/a:1',
      'buildah --storage-driver vfs push -q --disable-compression --tls-verify=false 10.0.0.1:5000/a:1',
    ]);
  });
});
