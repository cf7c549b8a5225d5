/** What we say to Workspaces that are not simply accepted. */
export interface Expectation {
  readonly releases: readonly string[];
  /** Names of files below the release's folder, with `*` for any text without a slash. */
  readonly files: readonly string[];
  readonly outcome: 'accepted' | 'refused';
  /** `code path` of everything said, by line. */
  readonly issues: readonly string[];
}

/** Releases with their number of Workspaces, so that no file gets lost. */
export const workspaceCounts: Readonly<Record<string, number>> = {
  'v0.1.0': 10,
  'v0.3.0': 17,
  'v0.6.0': 43,
  'v0.9.0': 49,
  'v0.12': 46,
};

const instanceType = 'PLACEHOLDER resource.instanceType';
const preferredNode = 'PLACEHOLDER resource.preferredNodes[0]';
const adapterImage = 'PLACEHOLDER inference.adapters[0].source.image';
const llama2 = ['7b', '7b-chat', '13b', '13b-chat', '70b', '70b-chat'].map(
  (size) => `kaito_workspace_llama2_${size}.yaml`,
);

/** First match wins; a Workspace that matches nothing is accepted without a word. */
export const expectations: readonly Expectation[] = [
  {
    releases: ['v0.1.0'],
    files: llama2,
    outcome: 'refused',
    issues: ['PLACEHOLDER inference.preset.presetOptions.image'],
  },
  {
    releases: ['v0.3.0'],
    files: llama2.map((name) => `inference/${name}`),
    outcome: 'refused',
    issues: ['PLACEHOLDER inference.preset.presetOptions.image'],
  },
  {
    releases: ['v0.6.0', 'v0.9.0', 'v0.12'],
    files: ['inference/arc-examples/kaito_workspace_phi_3_with_adapters.yaml'],
    outcome: 'refused',
    issues: [instanceType, preferredNode, adapterImage],
  },
  {
    releases: ['v0.6.0', 'v0.9.0', 'v0.12'],
    files: ['inference/arc-examples/*.yaml'],
    outcome: 'refused',
    issues: [instanceType, preferredNode],
  },
  {
    releases: ['v0.3.0', 'v0.6.0', 'v0.9.0', 'v0.12'],
    files: [
      'inference/kaito_workspace_phi_3_with_adapters.yaml',
      'inference/kaito_workspace_falcon_7b_with_adapters.yaml',
    ],
    outcome: 'refused',
    issues: [adapterImage],
  },
  {
    releases: ['v0.3.0', 'v0.6.0', 'v0.9.0', 'v0.12'],
    files: [
      'fine-tuning/kaito_workspace_tuning_phi_3.yaml',
      'fine-tuning/kaito_workspace_tuning_falcon_7b_mental.yaml',
      'fine-tuning/kaito_workspace_tuning_falcon_7b_oai.yaml',
    ],
    outcome: 'refused',
    issues: ['PLACEHOLDER tuning.output.image', 'PLACEHOLDER tuning.output.imagePushSecret'],
  },
  {
    releases: ['v0.12'],
    files: ['custom-model-integration/custom-model-deployment.yaml'],
    outcome: 'accepted',
    issues: ['PLACEHOLDER inference.template.spec.containers[0].args[13]'],
  },
];

/** Kinds of our group that this release does not serve. */
export const kindsNotServed: readonly string[] = ['InferenceSet', 'MultiRoleInference', 'RAGEngine'];

const acceptedInSilence: Pick<Expectation, 'outcome' | 'issues'> = { outcome: 'accepted', issues: [] };

/** What a Workspace of this file must be told. */
export function expectationFor(release: string, name: string): Pick<Expectation, 'outcome' | 'issues'> {
  const found = expectations.find(
    ({ releases, files }) => releases.includes(release) && files.some((pattern) => matches(pattern, name)),
  );
  return found ? { outcome: found.outcome, issues: found.issues } : acceptedInSilence;
}

function matches(pattern: string, name: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === name;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return name.startsWith(before) && name.endsWith(after) && !name.slice(before.length).includes('/');
}
