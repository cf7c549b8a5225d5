import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseOptions } from './options.ts';

describe("upstream's flags and environment", () => {
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

  test('with the same meaning are taken', () => {
    const argv = [
      '--metrics-bind-address=:8080',
      '--health-probe-bind-address=:8081',
      '--webhook=true',
      '--leader-elect=true',
      '--feature-gates=vLLM=true,disableNodeAutoProvisioning=false,enableMIG=true',
      '--default-node-image-family=',
    ];
    const environment = {
      CLOUD_PROVIDER: 'azure',
      WEBHOOK_PORT: '9443',
      SYSTEM_NAMESPACE: 'kaito-workspace',
      CLUSTER_NAME: 'kaito',
    };
    expect(parseOptions(argv, environment, '1')).toMatchObject({
      metricsAddress: { host: '0.0.0.0', port: 8080 },
      healthAddress: { host: '0.0.0.0', port: 8081 },
      leaderElect: true,
      namespace: 'kaito-workspace',
      webhook: {
        address: { host: '0.0.0.0', port: 9443 },
        secret: 'kaito-webhook-certificate',
        configuration: 'kaito-validation',
        certificates: 'own',
      },
      notices: ['CLUSTER_NAME has no effect, as with upstream'],
    });
  });

  test('without any there is no webhook', () => {
    expect(parseOptions([], {}, '1')).toMatchObject({ webhook: undefined, notices: [] });
  });

  const refused: readonly [readonly string[], Readonly<Record<string, string>>, RegExp][] = [
    [['--feature-gates=vLLM=false'], {}, /use --default-runtime transformers/],
    [['--feature-gates=ModelStreaming=true'], {}, /ModelStreaming=true: it is not part of this release/],
    [['--feature-gates=enableInferenceSetController=true'], {}, /InferenceSets are not served/],
    [['--feature-gates=vllm=true'], {}, /"vllm" is no gate; known are vLLM/],
    [['--feature-gates=toString=true'], {}, /"toString" is no gate/],
    [['--feature-gates=vLLM'], {}, /"vLLM" is not name=true or name=false/],
    [['--kube-client-qps=30'], {}, /API Priority and Fairness/],
    [['--model-mirror-download-cpu=3'], {}, /not part of this release/],
    [['--zap-devel'], {}, /use --log-level/],
    [['-v', '4'], {}, /use --log-level/],
    [['--webhook=perhaps'], {}, /neither true nor false/],
    [[], { CLOUD_PROVIDER: 'gcp' }, /CLOUD_PROVIDER="gcp": it may be azure, aws or arc/],
    [[], { PRESET_REGISTRY_NAME: 'mcr' }, /--runtime-image and --launcher-image/],
    [[], { WEBHOOK_PORT: 'https' }, /WEBHOOK_PORT="https": no port/],
  ];

  for (const [argv, environment, message] of refused) {
    test(`${argv.join(' ')} ${JSON.stringify(environment)} is refused with what replaces it`, () => {
      expect(() => parseOptions(argv, environment, '1')).toThrow('exit 1');
      expect(written.join('')).toMatch(message);
    });
  }
});
