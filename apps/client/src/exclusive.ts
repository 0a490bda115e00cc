/** Runs `work` when no other tab does something under the same name. Where the browser has no locks
 * (an old web-view, plain HTTP), the order holds within this tab only; the platform then tells
 * repeats by their keys. */
export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const waiting = new Map<string, Promise<unknown>>();

export function exclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
  // TypeScript thinks that every browser has them.
  const locks = navigator.locks as LockManager | undefined;
  if (locks) return locks.request(`quancheng:${name}`, work) as Promise<T>;
  const before = waiting.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  waiting.set(name, mine);
  return mine;
}
