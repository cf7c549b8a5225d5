/** Brings up a real Kubernetes for tests. */
export {};
