/** The Kubernetes objects of a Workspace as pure functions. */
export {};
