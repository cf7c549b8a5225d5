/** One end-to-end suite over all engines. */
export {};
