import { beforeEach, expect, it } from "vitest";
import { createApi, createSend, ok } from "../src/api";
import { kept } from "../src/kept";
import { Problem } from "../src/problem";
import { Session } from "../src/session";
import { language } from "../src/texts";

const document = {
  type: "urn:problem:bad_request",
  title: "提交的内容有误",
  title_en: "Something is wrong",
  status: 422,
  errors: [{ field: "body.phone", problem: "须为手机号", problem_en: "Must be a mobile number" }],
};
const session = new Session({ channel: null });

beforeEach(() => {
  kept.set("signed-in", null);
  language.value = "zh";
});

function asked(answer: () => Promise<Response>) {
  return ok(createApi(createSend(session, answer)).GET("/api/v1/categories"));
}

it("says what is wrong in the person's language", async () => {
  const problem = await Problem.from(
    Response.json(document, { status: 422, headers: { "Retry-After": "7" } }),
  );
  expect([problem.title, problem.of("body.phone"), problem.retryAfter]).toEqual([
    "提交的内容有误",
    "须为手机号",
    7,
  ]);
  language.value = "en";
  expect([problem.title, problem.of("body.phone")]).toEqual([
    "Something is wrong",
    "Must be a mobile number",
  ]);
});

it.each([
  [
    "a problem document",
    () => Promise.resolve(Response.json(document, { status: 422 })),
    "bad_request",
  ],
  ["an empty error", () => Promise.resolve(new Response(null, { status: 502 })), "unreadable"],
  [
    "a page of somebody else",
    () => Promise.resolve(new Response("<html>", { status: 403 })),
    "unreadable",
  ],
  ["no connection", () => Promise.reject(new TypeError("offline")), "unreachable"],
])("throws a Problem for %s", async (_, answer, code) => {
  await expect(asked(answer)).rejects.toMatchObject({ name: "Problem", code });
});
