/** What the expert would do now, and what that is part of. */
export interface ExpertAnswer {
  action: readonly number[];
  /** One of the task's phases. */
  phase: string;
}
