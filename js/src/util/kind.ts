/** Marks what only this package makes, for the compiler: no object has it. */
export declare const kind: unique symbol;
