import { beforeEach, expect, it } from "vitest";
import { kept } from "../src/kept";
import { Session } from "../src/session";

const account = {
  id: "acc_1",
  name: null,
  birth_year: null,
  phone: "+8613800000000",
  grants: [],
  volunteer: null,
};

function answers(...given: (Response | Error)[]) {
  const asked: [string, RequestInit][] = [];
  const http = (path: RequestInfo | URL, request: RequestInit = {}) => {
    asked.push([path as string, request]);
    const next = given.shift();
    return next instanceof Response
      ? Promise.resolve(next)
      : Promise.reject(next ?? new Error("too many"));
  };
  return { asked, http };
}

function signedIn(token: string) {
  return Response.json({ access_token: token, expires_in_s: 600, account }, { status: 201 });
}

function refused(code: string) {
  const body = { type: `urn:problem:${code}`, title: "登录已结束", title_en: "ended", status: 401 };
  return Response.json(body, { status: 401 });
}

let time = 0;
const options = {
  now: () => time,
  channel: null,
  exclusive: <T>(_: string, work: () => Promise<T>) => work(),
};

beforeEach(() => {
  time = 0;
  kept.set("signed-in", null);
});

it("asks for nothing where nobody was signed in", async () => {
  const { asked, http } = answers();
  const session = new Session({ ...options, fetch: http });
  await session.begin();
  expect(await session.token()).toBeNull();
  expect([session.known.value, asked]).toEqual([true, []]);
});

it("refreshes once for all who ask at the same time, with the header that a form cannot send", async () => {
  kept.set("signed-in", "1");
  const { asked, http } = answers(signedIn("first"));
  const session = new Session({ ...options, fetch: http });
  expect(await Promise.all([session.token(), session.token(), session.token()])).toEqual([
    "first",
    "first",
    "first",
  ]);
  expect(asked.map(([path]) => path)).toEqual(["/api/v1/sessions/browser/refresh"]);
  expect(asked[0]?.[1].headers).toMatchObject({ "X-Requested-By": "app" });
  expect(session.account.value?.id).toBe("acc_1");
});

it("gets the next token before the old one ends", async () => {
  kept.set("signed-in", "1");
  const { http } = answers(signedIn("first"), signedIn("second"));
  const session = new Session({ ...options, fetch: http });
  await session.token();
  time = 580_000;
  expect(await session.token()).toBe("first");
  time = 586_000;
  expect(await session.token()).toBe("second");
});

it("is nobody's after the platform ended it, and does not ask again", async () => {
  kept.set("signed-in", "1");
  const { asked, http } = answers(refused("session_ended"));
  const session = new Session({ ...options, fetch: http });
  expect([await session.token(), await session.token()]).toEqual([null, null]);
  expect([asked.length, session.account.value]).toEqual([1, null]);
});

it("stays signed in where the platform cannot be reached", async () => {
  kept.set("signed-in", "1");
  const { http } = answers(new TypeError("offline"), signedIn("later"));
  const session = new Session({ ...options, fetch: http });
  await expect(session.token()).rejects.toMatchObject({ code: "unreachable" });
  expect(await session.token()).toBe("later");
});

it("uses the token that another tab got", async () => {
  kept.set("signed-in", "1");
  const { asked, http } = answers(signedIn("first"));
  const one = new Session({ ...options, fetch: http, channel: new BroadcastChannel("test") });
  const other = new Session({ ...options, fetch: http, channel: new BroadcastChannel("test") });
  await one.token();
  await expect.poll(() => other.account.value?.id).toBe("acc_1");
  expect([await other.token(), asked.length]).toEqual(["first", 1]);
});

it("keeps no token where scripts of other days find it", async () => {
  kept.set("signed-in", "1");
  const session = new Session({ ...options, fetch: answers(signedIn("secret")).http });
  await session.token();
  expect(
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
  ).not.toContain("secret");
});
