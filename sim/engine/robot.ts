/** What is driven: its controls, as every task with this robot has them. */
export interface Robot {
  readonly name: string;
  /** The controls in the order of an action; each is in [-1, 1]. */
  readonly actionNames: readonly string[];
}
