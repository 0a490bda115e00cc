import type { Api } from "@quancheng/client/api";
import { providePlatform, type Platform } from "@quancheng/client/platform";
import { createApp, effectScope, ref, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useCurrentCall } from "../src/call/current";

const CALL = { callout: "cal_1", state: "called", category: "traffic" };
let answer: unknown = null;
let part = { state: "timed_out", stood_down_because: null as string | null };
let reads = 0;
let tokens = 0;
let lines: ReadableStreamDefaultController<Uint8Array>[] = [];
let scope: EffectScope;

function begin(role = "volunteer") {
  const GET = (path: string) => {
    if (path === "/api/v1/callouts/current") reads++;
    const at = new Date().toISOString();
    const data =
      path === "/api/v1/callouts/current"
        ? { at, call: answer }
        : { id: "cal_1", category: "traffic", me: part };
    return Promise.resolve({ data, response: new Response() });
  };
  const session = {
    account: ref({ id: "acc_1", grants: [{ role }] }),
    token: () => Promise.resolve(`token ${++tokens}`),
  };
  const app = createApp({});
  providePlatform(app, { api: { GET } as unknown as Api, session } as unknown as Platform);
  scope = effectScope();
  return app.runWithContext(() => scope.run(useCurrentCall)) as ReturnType<typeof useCurrentCall>;
}

const called = (seconds: number) => ({
  ...CALL,
  expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
});
const until = (is: () => boolean) =>
  vi.waitFor(() => {
    expect(is()).toBe(true);
  }, 5000);

beforeEach(() => {
  answer = null;
  part = { state: "timed_out", stood_down_because: null };
  reads = tokens = 0;
  lines = [];
  const open = () =>
    Promise.resolve(
      new Response(
        new ReadableStream<Uint8Array>({
          start: (line) => {
            lines.push(line);
          },
        }),
      ),
    );
  vi.stubGlobal("fetch", open);
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
});

it("reads the call anew, with a new token, after the stream was lost", async () => {
  const { call, live } = begin();
  await until(() => live.value && reads > 0);
  const [before, token] = [reads, tokens];
  lines[0]?.error(new Error("lost"));
  await until(() => !live.value);
  answer = called(60);
  await until(() => call.value?.callout === "cal_1");
  expect(reads).toBeGreaterThan(before);
  expect(tokens).toBeGreaterThan(token);
});

it("reads it as soon as a message says that something changed", async () => {
  const { call, live } = begin();
  await until(() => live.value && reads > 0);
  answer = called(60);
  const message = { id: "msg_1", kind: "alert", callout: "cal_1" };
  lines[0]?.enqueue(new TextEncoder().encode(`id: 1-0\ndata: ${JSON.stringify(message)}\n\n`));
  await until(() => call.value !== null);
});

it.each([
  ["timed_out", null],
  ["stood_down", "enough"],
  ["stood_down", "danger"],
])("says what became of a call that is no longer: %s %s", async (state, why) => {
  answer = called(60);
  const { call, farewell, reload } = begin();
  await until(() => call.value !== null);
  answer = null;
  part = { state, stood_down_because: why };
  await reload();
  await until(() => farewell.value !== null);
  expect(farewell.value?.me).toEqual(part);
});

it("asks again at the end of the time instead of deciding by itself", async () => {
  answer = called(1);
  const { call, secondsLeft } = begin();
  await until(() => call.value !== null);
  const before = reads;
  await until(() => secondsLeft.value === 0);
  expect(call.value).not.toBeNull();
  await until(() => reads > before);
});

it("asks nothing for somebody who cannot be called", async () => {
  const { live } = begin("resident");
  await until(() => live.value);
  expect(reads).toBe(0);
});
