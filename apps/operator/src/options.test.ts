import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseOptions } from './options.ts';

describe('flags and environment', () => {
  const written: string[] = [];

  beforeEach(() => {
    written.length = 0;
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('without any, everything has a value', () => {
    expect(parseOptions([], {}, '1.2.3')).toMatchObject({
      nodeProvisioner: 'byo',
      defaultRuntime: 'vllm',
      launcherImage: 'kaito-ts/launcher:1.2.3',
      namespace: 'kaito-system',
      leaderElect: false,
      workers: 48,
      healthAddress: { host: '127.0.0.1', port: 0 },
    });
  });

  test('are compiled to what the operator uses', () => {
    const argv = [
      '--runtime-image',
      'vllm=a/b:1,llamacpp=c@sha256:0',
      '--health-address',
      ':8081',
      '--leader-elect',
    ];
    const options = parseOptions(
      argv,
      { KAITO_OPERATOR_DEFAULT_RUNTIME: 'llamacpp', POD_NAMESPACE: 'ops' },
      '1',
    );
    expect(options.runtimeImages).toEqual(
      new Map([
        ['vllm', 'a/b:1'],
        ['llamacpp', 'c@sha256:0'],
      ]),
    );
    expect(options).toMatchObject({
      healthAddress: { host: '0.0.0.0', port: 8081 },
      leaderElect: true,
      defaultRuntime: 'llamacpp',
      namespace: 'ops',
    });
  });

  test('say how machines are bought', () => {
    const classes = '[{"name":"ubuntu","default":true,"spec":{"imageFamily":"Ubuntu2204"}},{"name":"azl"}]';
    const karpenter = parseOptions(
      ['--node-provisioner=karpenter', '--node-claim-timeout=60', '--karpenter-node-classes', classes],
      {},
      '1',
    );
    expect(karpenter.purchase).toMatchObject({
      mode: 'karpenter',
      nodeClassKind: { group: 'karpenter.azure.com', version: 'v1beta1', plural: 'aksnodeclasses' },
      nodeClasses: [
        { name: 'azl', default: false, spec: {} },
        { name: 'ubuntu', default: true, spec: { imageFamily: 'Ubuntu2204' } },
      ],
      claimTimeoutMilliseconds: 60_000,
    });
    const aws = parseOptions(['--node-provisioner=azure-gpu-provisioner'], { CLOUD_PROVIDER: 'aws' }, '1');
    expect(aws.purchase).toMatchObject({ cloud: 'aws', defaultImageFamily: 'ubuntu' });
    expect(parseOptions([], {}, '1').purchase).toBeUndefined();
  });

  test('for another way to get nodes are told to have no effect, as with upstream', () => {
    const argv = ['--default-node-image-family=ubuntu', '--karpenter-node-class-kind=EC2NodeClass'];
    expect(parseOptions(argv, {}, '1').notices).toEqual([
      '--default-node-image-family has no effect with --node-provisioner byo',
      '--karpenter-node-class-kind has no effect with --node-provisioner byo',
    ]);
  });

  test('a flag wins over the environment', () => {
    expect(parseOptions(['--workers', '3'], { KAITO_OPERATOR_WORKERS: '5' }, '1').workers).toBe(3);
  });

  const refused: readonly [readonly string[], Readonly<Record<string, string>>, RegExp][] = [
    [['--workspaces', '1'], {}, /unknown option '--workspaces'/],
    [['extra'], {}, /too many arguments/],
    [['--node-provisioner', 'gke'], {}, /Allowed choices are byo, karpenter, azure-gpu-provisioner/],
    [['--node-provisioner', 'karpenter'], {}, /karpenter needs --karpenter-node-classes/],
    [['--karpenter-node-classes', '{'], {}, /no JSON/],
    [['--karpenter-node-classes', '[{"name":"A"}]'], {}, /RFC 1123/],
    [['--karpenter-node-classes', '[{"name":"a"}]'], {}, /just one of them must be the default, not 0/],
    [['--karpenter-node-classes', '[{"name":"a","default":true},{"name":"a"}]'], {}, /a is there twice/],
    [['--default-node-image-family', 'windows'], {}, /neither ubuntu nor azurelinux/],
    [['--node-claim-timeout', '0'], {}, /no whole number of seconds/],
    [
      ['--node-provisioner', 'azure-gpu-provisioner'],
      { CLOUD_PROVIDER: 'arc' },
      /no NodeClass is known for CLOUD_PROVIDER=arc/,
    ],
    [['--runtime-image', 'vlmm=x'], {}, /"vlmm=x" is not one of vllm/],
    [['--health-address', 'nowhere'], {}, /"nowhere" is not host:port/],
    [['--leader-elect=maybe'], {}, /neither true nor false/],
    [[], { KAITO_OPERATOR_WORKER: '1' }, /unknown environment variable KAITO_OPERATOR_WORKER/],
    [[], { KAITO_OPERATOR_WORKERS: 'many' }, /KAITO_OPERATOR_WORKERS: "many" is no whole number/],
    [[], { KAITO_OPERATOR_DEFAULT_RUNTIME: 'vlmm' }, /KAITO_OPERATOR_DEFAULT_RUNTIME/],
  ];

  for (const [argv, environment, message] of refused) {
    test(`${argv.join(' ')} ${JSON.stringify(environment)} is refused`, () => {
      expect(() => parseOptions(argv, environment, '1')).toThrow('exit 1');
      expect(written.join('')).toMatch(message);
    });
  }
});
