/** kaito, the command line. */
export {};
