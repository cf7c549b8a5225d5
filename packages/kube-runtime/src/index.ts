/** A thin Kubernetes controller runtime. */
export {};
