/** Small things that a browser remembers. A web-view may forbid it: then nothing is remembered. */
export const kept = {
  get(name: string): string | null {
    try {
      return localStorage.getItem(`quancheng:${name}`);
    } catch {
      return null;
    }
  },
  set(name: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`quancheng:${name}`);
      else localStorage.setItem(`quancheng:${name}`, value);
    } catch {
      // Not remembered.
    }
  },
};
