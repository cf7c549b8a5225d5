/** The kaito.sh API: schemas, defaults, validation, CRDs and constants. */
export {};
