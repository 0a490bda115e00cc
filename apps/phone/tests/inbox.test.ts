import { expect, it } from "vitest";
import { merged, wantsSign, type Message } from "../src/inbox/inbox";

const message = (more: Partial<Message>) =>
  ({
    id: "msg_1",
    kind: "alert",
    at: "2026-11-28T06:00:00Z",
    expires_at: null,
    read_at: null,
    acknowledged_at: null,
    ...more,
  }) as Message;

it("shows each message once, the newest first", () => {
  const old = message({ id: "msg_0", at: "2026-11-28T05:00:00Z" });
  const both = merged([message({}), old], [message({})]);
  expect(both.map((each) => each.id)).toEqual(["msg_1", "msg_0"]);
});

it("never makes a message unread again", () => {
  const read = message({ read_at: "2026-11-28T06:01:00Z" });
  expect(merged([message({})], [read])[0]?.read_at).toBe(read.read_at);
  expect(merged([read], [message({})])[0]?.read_at).toBe(read.read_at);
});

it("asks for a sign only while somebody waits for it", () => {
  const now = Date.parse("2026-11-28T06:02:00Z");
  expect(wantsSign(message({}), now)).toBe(true);
  expect(wantsSign(message({ kind: "notice" }), now)).toBe(false);
  expect(wantsSign(message({ expires_at: "2026-11-28T06:01:00Z" }), now)).toBe(false);
  expect(wantsSign(message({ acknowledged_at: "2026-11-28T06:01:00Z" }), now)).toBe(false);
});
