import { describe, expect, it } from "vitest";
import { moved, visibleRows } from "../src/reports/rows";

describe("rows in sight", () => {
  it("draws a few of ten thousand", () => {
    const { first, end } = visibleRows(460_000, 920, 92, 10_000);
    expect(first).toBe(4_992);
    expect(end).toBe(5_018);
  });
  it("draws nothing beyond the ends", () => {
    expect(visibleRows(0, 920, 92, 3)).toEqual({ first: 0, end: 3 });
    expect(visibleRows(99_999, 920, 92, 3)).toEqual({ first: 0, end: 3 });
    expect(visibleRows(0, 920, 92, 0)).toEqual({ first: 0, end: 0 });
  });
});

describe("moving in a list that changes", () => {
  const ids = ["a", "b", "c", "d"];
  it("goes to the neighbours and stops at the ends", () => {
    expect(moved(ids, "b", 1, 1)).toBe("c");
    expect(moved(ids, "a", 0, -1)).toBe("a");
    expect(moved(ids, "d", 3, 8)).toBe("d");
    expect(moved(ids, null, 0, 1)).toBe("a");
  });
  it("goes on where the selected one was, after that one has left", () => {
    expect(moved(["a", "c", "d"], "b", 1, 1)).toBe("c");
    expect(moved(["a", "c", "d"], "b", 1, -1)).toBe("a");
    expect(moved([], "b", 1, 1)).toBe("b");
  });
});
