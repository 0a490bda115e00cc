import { expect, it } from "vitest";
import { followStream, type StreamMessage } from "../src/stream";

function line(...events: string[]): Response {
  return new Response(events.join(""), {
    headers: { "Content-Type": "text/event-stream" },
  });
}

function event(id: string, position: string): string {
  return `event: report\nid: ${position}\ndata: {"id":"${id}"}\n\n`;
}

/** Follows a stream of these connections, until the last has ended. */
async function follow(...lines: (Response | Error)[]) {
  const ending = new AbortController();
  const got: string[] = [];
  const states: boolean[] = [];
  const asked: Record<string, string>[] = [];
  const pauses: number[] = [];
  let tokens = 0;
  await followStream({
    token: () => Promise.resolve(`token-${++tokens}`),
    onMessage: (message: StreamMessage) => got.push(message.id),
    onState: (live) => states.push(live),
    signal: ending.signal,
    fetch: (_, request) => {
      asked.push(request?.headers as Record<string, string>);
      const next = lines.shift();
      return next instanceof Response ? Promise.resolve(next) : Promise.reject(next ?? new Error());
    },
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      if (lines.length === 0) ending.abort();
      return Promise.resolve();
    },
  });
  return { got, states, asked, pauses };
}

it("gives each message once and resumes behind the last one with a fresh token", async () => {
  const { got, asked, states } = await follow(
    line("retry: 2000\n\n", event("a", "1-0"), ": keepalive\n\n", event("b", "2-0")),
    line(event("b", "2-0"), event("c", "3-0")),
  );
  expect(got).toEqual(["a", "b", "c"]);
  expect(asked.map((headers) => [headers.Authorization, headers["Last-Event-ID"]])).toEqual([
    ["Bearer token-1", undefined],
    ["Bearer token-2", "2-0"],
  ]);
  expect(states).toEqual([true, false, true, false]);
});

it("waits longer after each failure, and a short time again after a message", async () => {
  const down = () => new TypeError("offline");
  const { pauses } = await follow(down(), down(), down(), down(), line(event("a", "1-0")));
  const [first = 0, , , fourth = 0, afterMessage = 0] = pauses;
  expect(fourth).toBeGreaterThan(first * 2);
  expect(afterMessage).toBeLessThan(1000);
});

it("takes a refusal for a break and goes on", async () => {
  const { got } = await follow(new Response(null, { status: 503 }), line(event("a", "1-0")));
  expect(got).toEqual(["a"]);
});

it("ends when nobody is signed in any more", async () => {
  const signal = new AbortController().signal;
  await followStream({ token: () => Promise.resolve(null), onMessage: () => undefined, signal });
});
