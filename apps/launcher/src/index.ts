/** The entrypoint of the model container. */
export {};
