/** The rows of a long list to draw: first, and behind the last. All lengths in CSS pixels. */
export function visibleRows(
  scrolled: number,
  height: number,
  row: number,
  count: number,
  around = 8,
): { first: number; end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / row)) - around);
  const end = Math.min(count, Math.ceil((scrolled + height) / row) + around);
  return { first, end: Math.max(first, end) };
}

/** The id `step` rows from the selected one. A selected one that has left the list stays selected
 * until the person moves, and then the move begins where it was: a key never meets another report
 * than the one that is shown. */
export function moved(
  ids: readonly string[],
  selected: string | null,
  before: number,
  step: number,
): string | null {
  if (!ids.length) return selected;
  const at = selected === null ? -1 : ids.indexOf(selected);
  let next = at + step;
  if (at === -1) next = selected === null ? 0 : step > 0 ? before : before - 1;
  return ids[Math.max(0, Math.min(ids.length - 1, next))] ?? null;
}
