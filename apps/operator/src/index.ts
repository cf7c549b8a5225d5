/** The kaito-ts operator. */
export {};
