/** An in-process Kubernetes API for one machine, for development. */
export {};
