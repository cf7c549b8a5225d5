/** A node agent that runs pods as local processes, and a local OCI image store. */
export {};
