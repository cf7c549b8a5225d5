/** The model, GPU and runtime catalogue, and how a model name resolves to a record. */
export {};
