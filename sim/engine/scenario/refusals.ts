/** Why proposed places were refused, counted, so that a scenario without room can say what is in the way. */
export class Refusals {
  private readonly counts = new Map<string, number>();

  /** Counts one refusal of the named thing ("the robot", "things[0]"). */
  add(subject: string, why: string): void {
    const key = `${subject}: ${why}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /**
   * What was in the way of the subject most often, or an empty string. Bounds are looked at first, so whatever
   * kept them and still was refused tells more than the bounds that most proposals broke.
   */
  mostTelling(subject: string): string {
    const own = [...this.counts]
      .filter(([key]) => key.startsWith(`${subject}: `))
      .map(([key, times]) => ({ why: key.slice(subject.length + 2), times }))
      .sort((a, b) => b.times - a.times);
    return (own.find(({ why }) => why.startsWith('it ')) ?? own[0])?.why ?? '';
  }
}
