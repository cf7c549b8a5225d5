import type { Registry } from 'prom-client';
import * as prometheus from 'prom-client';

export interface AdmissionMetrics {
  reviewed(operation: string, allowed: boolean, seconds: number): void;
  /** When the certificate in use runs out, in milliseconds since the epoch. */
  serving(notAfter: number): void;
}

export function admissionMetrics(registry: Registry): AdmissionMetrics {
  const duration = new prometheus.Histogram({
    name: 'kaito_admission_duration_seconds',
    help: 'Time to judge one write of a Workspace',
    labelNames: ['operation', 'allowed'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 1],
    registers: [registry],
  });
  const expiry = new prometheus.Gauge({
    name: 'kaito_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the webhook certificate in use runs out',
    registers: [registry],
  });
  return {
    reviewed: (operation, allowed, seconds) =>
      duration.observe({ operation, allowed: String(allowed) }, seconds),
    serving: (notAfter) => expiry.set(notAfter / 1000),
  };
}
