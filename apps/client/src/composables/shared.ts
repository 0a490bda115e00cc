import { effectScope, getCurrentScope, onScopeDispose, type EffectScope } from "vue";

/** One state for all who use it at a time: made for the first, kept until the last has gone. */
export function shared<T>(make: () => T): () => T {
  let users = 0;
  let scope: EffectScope | undefined;
  let state: T | undefined;
  return () => {
    if (!getCurrentScope()) throw new Error("shared state is used in a component's setup");
    users++;
    onScopeDispose(() => {
      if (--users > 0) return;
      scope?.stop();
      scope = undefined;
      state = undefined;
    });
    scope ??= effectScope(true);
    state ??= scope.run(make);
    return state as T;
  };
}
