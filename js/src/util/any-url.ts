/** A `URL`, of any realm: by what is read of it, so that its type is needed of no library. */
export interface AnyUrl {
  /** The whole address. */
  readonly href: string;
}
