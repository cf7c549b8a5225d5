/** Memory arithmetic: what fits on which GPUs, in which parallel shape, and why not. */
export {};
