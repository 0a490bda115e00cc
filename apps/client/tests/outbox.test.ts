import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import { Outbox, type Errand } from "../src/outbox";

const report = {
  kind: "report",
  method: "POST",
  path: "/api/v1/reports",
  body: { text: "路口堵车" },
} as const;
let databases = 0;

interface Sent {
  key: string | null;
  path: string;
  body: string;
  asNobody: boolean;
}

function outbox(answers: (Response | Error)[], account: () => string | null = () => null) {
  const sent: Sent[] = [];
  const stored: (readonly Errand[])[] = [];
  const box: Outbox = new Outbox({
    send: async (request, asNobody) => {
      stored.push(box.errands.value);
      const key = request.headers.get("idempotency-key");
      sent.push({ key, path: new URL(request.url).pathname, body: await request.text(), asNobody });
      const next = answers.shift();
      if (next instanceof Response) return next;
      throw next ?? new Error("too many");
    },
    account,
    exclusive: (_, work) => work(),
    database: `test-${++databases}`,
    channel: null,
  });
  return { box, sent, stored };
}

const created = (id: string) => Response.json({ id }, { status: 201 });
const busy = () => new Response(null, { status: 503 });
const refusal = () =>
  Response.json(
    {
      type: "urn:problem:outside_jinan",
      title: "不在济南",
      title_en: "Outside",
      status: 422,
      errors: [],
    },
    { status: 422 },
  );

it("stores the key before anything is sent", async () => {
  const { box, sent, stored } = outbox([created("rep_1")]);
  const errand = await box.add(report);
  expect(stored[0]?.map((each) => each.key)).toEqual([sent[0]?.key]);
  expect(errand).toMatchObject({ state: "sent", answer: { id: "rep_1" } });
});

it.each([
  ["no connection", () => new TypeError("offline")],
  ["a busy platform", busy],
])("sends the same key again after %s", async (_, fault) => {
  const { box, sent } = outbox([fault(), created("rep_1")]);
  expect((await box.add(report)).state).toBe("waiting");
  await box.flush();
  expect(box.errands.value.map((each) => each.state)).toEqual(["sent"]);
  expect(new Set(sent.map((each) => each.key)).size).toBe(1);
});

it("is not stopped by what nobody may send without an account", async () => {
  const refused = () =>
    Response.json(
      { type: "urn:problem:not_signed_in", title: "请先登录", title_en: "Sign in", status: 401 },
      { status: 401 },
    );
  const { box } = outbox([refused(), created("rep_2")]);
  expect(await box.add(report)).toMatchObject({ state: "refused" });
  expect(await box.add(report)).toMatchObject({ state: "sent" });
});

it("keeps what was refused, with the reason, until the person mends it", async () => {
  const { box, sent } = outbox([refusal(), created("rep_1")]);
  const errand = await box.add(report);
  expect(errand).toMatchObject({
    state: "refused",
    refusal: { code: "outside_jinan", title: "不在济南" },
  });
  await box.flush();
  expect(sent).toHaveLength(1);
  const mended = await box.mend(errand.key, { text: "经十路堵车" });
  expect(mended.state).toBe("sent");
  expect(box.errands.value).toHaveLength(1);
  expect(sent[1]?.key).not.toBe(sent[0]?.key);
});

it("keeps the order in which a person did things", async () => {
  const { box, sent } = outbox([busy(), created("1"), created("2")]);
  await box.add({ ...report, path: "/api/v1/first" });
  await box.add({ ...report, path: "/api/v1/second" });
  expect(sent.map((each) => each.path)).toEqual([
    "/api/v1/first",
    "/api/v1/first",
    "/api/v1/second",
  ]);
});

it("sends a photo once, whatever becomes of the report", async () => {
  const { box, sent } = outbox([created("pho_1"), busy(), created("rep_1")]);
  const content = new Blob(["photo"], { type: "image/jpeg" });
  await box.add({ ...report, upload: { path: "/api/v1/photos", content, into: "photo" } });
  await box.flush();
  expect(sent.map((each) => each.path)).toEqual([
    "/api/v1/photos",
    "/api/v1/reports",
    "/api/v1/reports",
  ]);
  expect(JSON.parse(sent[2]?.body ?? "")).toEqual({ text: "路口堵车", photo: "pho_1" });
});

it("sends nothing of one person in the name of another", async () => {
  let account: string | null = "acc_1";
  const { box, sent } = outbox([busy(), created("rep_1")], () => account);
  await box.add(report);
  account = "acc_2";
  await box.flush();
  expect(sent).toHaveLength(1);
  account = "acc_1";
  await box.flush();
  expect(sent.map((each) => each.asNobody)).toEqual([false, false]);
});

it("sends what was reported without an account without one", async () => {
  const { box, sent } = outbox([created("rep_1")]);
  await box.add(report);
  expect(sent[0]?.asNobody).toBe(true);
});

const accept = { ...report, kind: "accept", path: "/api/v1/callouts/cal_1/accept" };

it("sends nothing that has lost its sense, and says so", async () => {
  const { box, sent } = outbox([]);
  const late = await box.add({ ...accept, until: Date.now() - 1 });
  expect(late.state).toBe("lapsed");
  expect(sent).toEqual([]);
});

it("does not let what is pressing wait behind a photo", async () => {
  let uploaded = (): void => undefined;
  const { box, sent } = outbox([created("cal_1"), created("rep_1")]);
  const slow = new Promise<Response>((resolve) => {
    uploaded = () => {
      resolve(created("pho_1"));
    };
  });
  const options = (box as unknown as { options: { send: (...given: unknown[]) => unknown } })
    .options;
  const { send } = options;
  options.send = (request, ...more) =>
    (request as Request).url.endsWith("/photos") ? slow : send(request, ...more);
  const content = new Blob(["photo"], { type: "image/jpeg" });
  const filing = box.add({ ...report, upload: { path: "/api/v1/photos", content, into: "photo" } });
  const answered = await box.add({ ...accept, until: Date.now() + 60_000 });
  expect(answered.state).toBe("sent");
  expect(sent.map((each) => each.path)).toEqual([accept.path]);
  uploaded();
  expect((await filing).state).toBe("sent");
});
