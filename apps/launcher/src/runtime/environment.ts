/** Variables of the launcher that mean nothing to a runtime, or would change it by accident. */
const notForRuntimes = [/^KAITO_/u, /^NODE_/u, /^npm_/u];

/** A Service called `vllm` makes Kubernetes inject `VLLM_PORT=tcp://…`, which vLLM takes for its own setting. */
const serviceLink = /^(?:tcp|udp|sctp):\/\//u;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The runtime's environment: what the container was given, less what is ours, over the engine's own defaults. */
export function runtimeEnvironment(own: Environment, engineDefaults: Environment): Environment {
  const kept = Object.entries(own).filter(
    ([name, value]) =>
      !notForRuntimes.some((pattern) => pattern.test(name)) &&
      !(name.startsWith('VLLM_') && serviceLink.test(value ?? '')),
  );
  return { ...engineDefaults, ...Object.fromEntries(kept) };
}

/** Values of variables that name a secret, long enough that hiding them hides nothing else. */
export function secretValues(environment: Environment): readonly string[] {
  return Object.entries(environment)
    .filter(([name]) => /(?:TOKEN|SECRET|PASSWORD|API_KEY|ACCESS_KEY|PRIVATE_KEY)$/u.test(name))
    .map(([, value]) => value ?? '')
    .filter((value) => value.length >= 8);
}
