/** The type in the low four bits of a node word; see `pack.ts`. */
export const NodeType = {
  NULL: 0,
  BOOL: 1,
  S: 2,
  N: 3,
  B: 4,
  SS: 5,
  NS: 6,
  BS: 7,
  M: 8,
  L: 9,
} as const;

/** One of the values of {@link NodeType}. */
export type NodeType = (typeof NodeType)[keyof typeof NodeType];
