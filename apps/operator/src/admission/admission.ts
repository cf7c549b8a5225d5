import type {
  Cache,
  Clock,
  Controller,
  KubeClient,
  Logger,
  Readiness,
  Runnable,
} from '@kaito-ts/kube-runtime';
import type { Registry } from 'prom-client';
import type { ListenAddress } from '../options.ts';
import type { ReviewFacts } from './workspace-review.ts';
import { createController, kinds, Reflector } from '@kaito-ts/kube-runtime';
import { admissionMetrics } from './admission-metrics.ts';
import { readSecret } from './certificate-secret.ts';
import { isTrusted, readCertificates } from './pem.ts';
import { createReviewServer } from './review-server.ts';
import { createRotation } from './rotation.ts';
import { defaultRotationPolicy, type RotationPolicy } from './rotation-plan.ts';
import { bundleOf } from './webhook-configuration.ts';
import { reviewWorkspace } from './workspace-review.ts';

export interface WebhookOptions {
  readonly address: ListenAddress;
  /** Name of the Secret with the certificate, in the operator's namespace. */
  readonly secret: string;
  /** Name of the ValidatingWebhookConfiguration. */
  readonly configuration: string;
  /** own: this operator makes and rotates the certificate. external: somebody else does, such as cert-manager. */
  readonly certificates: 'own' | 'external';
}

export interface AdmissionParts {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly options: WebhookOptions;
  /** Read anew for each review: model records may change. */
  readonly facts: () => ReviewFacts;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rotation?: RotationPolicy;
  readonly listening?: (url: string) => void;
}

/** The webhook's parts, for the manager to run. */
export interface Admission {
  readonly server: Runnable;
  readonly caches: readonly Cache[];
  /** For the leader. */
  readonly controllers: readonly Controller[];
  /** Ready when what this replica serves under is trusted by the API servers. */
  readiness(): Readiness;
}

const rotationKey = 'certificate';

export function createAdmission(parts: AdmissionParts): Admission {
  const { client, namespace, options, facts, clock, logger } = parts;
  const secrets = new Reflector({
    client,
    logger,
    kind: kinds.secrets,
    namespace,
    fieldSelector: `metadata.name=${options.secret}`,
  });
  const configurations = new Reflector({
    client,
    logger,
    kind: kinds.validatingWebhookConfigurations,
    fieldSelector: `metadata.name=${options.configuration}`,
  });
  const metrics = admissionMetrics(parts.registry);
  const server = createReviewServer({
    address: options.address,
    review: (write) => reviewWorkspace(write, facts()),
    metrics,
    logger,
    listening: parts.listening,
  });

  let serving: string | undefined;
  function reload(): void {
    const [secret] = secrets.store.list();
    const current = secret && readSecret(secret).current;
    if (current === undefined || current.certificate === serving) return;
    try {
      server.use(current);
    } catch (error) {
      logger.error(
        { error: String(error) },
        'the certificate in the Secret cannot be served; keeps the last',
      );
      return;
    }
    serving = current.certificate;
    const [leaf] = readCertificates(serving);
    if (leaf !== undefined) metrics.serving(Date.parse(leaf.validTo));
    logger.info({ notAfter: leaf?.validTo }, 'serves under a new certificate');
  }
  secrets.onChange(reload);

  const controllers: Controller[] = [];
  if (options.certificates === 'own') {
    const policy = parts.rotation ?? defaultRotationPolicy;
    const controller = createController({
      name: 'webhook-certificate',
      workers: 1,
      reconcile: createRotation({ client, secrets, configurations, policy, clock, logger }),
      logger,
      clock,
    });
    controller.queue.add(rotationKey);
    secrets.onChange(() => controller.queue.add(rotationKey));
    configurations.onChange(() => controller.queue.add(rotationKey));
    controllers.push(controller);
  }

  return {
    server,
    caches: [secrets, configurations],
    controllers,
    readiness: () => {
      const reason = unreadiness();
      return { ready: reason === undefined, reasons: reason === undefined ? [] : [reason] };
    },
  };

  function unreadiness(): string | undefined {
    const [configuration] = configurations.store.list();
    if (serving === undefined)
      return `the webhook waits for a certificate in Secret ${namespace}/${options.secret}`;
    if (configuration === undefined)
      return `there is no ValidatingWebhookConfiguration ${options.configuration}`;
    return isTrusted(serving, bundleOf(configuration))
      ? undefined
      : `the caBundle of ValidatingWebhookConfiguration ${options.configuration} does not hold the authority of the webhook's certificate`;
  }
}
