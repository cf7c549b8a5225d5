import { beforeAll, describe, expect, test } from 'vitest';
import { chartFolder, goldenFile, helm, render, valuesFile, valueSets } from './chart.ts';

describe('helm', () => {
  // The first to ask for it may have to wait until it is built.
  beforeAll(() => helm('version'), 600_000);

  test.each(valueSets)('makes of %s what the golden file says (vitest -u writes it)', async (name) => {
    await expect(await render(name)).toMatchFileSnapshot(goldenFile(name));
  });

  test.each(valueSets)('finds nothing to complain about with %s', async (name) => {
    const said = await helm('lint', chartFolder, '--strict', '--values', valuesFile(name));
    expect(said).toContain('0 chart(s) failed');
  });

  const refused: readonly [string, RegExp][] = [
    ['presetRegistryName=mcr', /runtimeImages and launcherImage/],
    ['loggingConfigMapName=x', /use logging\.level/],
    ['nvidiaDevicePlugin.enabled=true', /installs no add-ons/],
    ['nodeProvisioner=karpenter,karpenterProvider=gcp', /karpenterProviders has no "gcp"/],
    ['modelMirrorDownloadCPU=3', /not part of this release/],
    ['nodeProvisioner=gke', /nodeProvisioner/],
    ['featureGates.ModelMirror=true', /featureGates\/ModelMirror/],
    ['featureGates.vllm=true', /vllm/],
    ['cloudProviderName=gcp', /cloudProviderName/],
    ['replicas=2', /additional properties 'replicas' not allowed/],
    ['logging.level=verbose', /logging\/level/],
  ];
  test.each(refused)('refuses --set %s', async (value, message) => {
    await expect(render('default', '--set', value)).rejects.toThrow(message);
  });

  test.each([
    'nvidiaDevicePlugin.enabled=false',
    'localCSIDriver.useLocalCSIDriver=false',
    'clusterName=kaito',
  ])('takes --set %s from a file of upstream’s values', async (value) => {
    expect(await render('default', '--set', value)).toContain('kind: Deployment');
  });
});
