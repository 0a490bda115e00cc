import createClient, { type Client } from "openapi-fetch";
import { Problem } from "./problem";
import type { components, paths } from "./schema";
import type { Session } from "./session";

export type Schemas = components["schemas"];
/** The only door to the platform: `ok(api.GET("/api/v1/reports", { params }))`. */
export type Api = Client<paths>;
export type Send = (request: Request, asNobody?: boolean) => Promise<Response>;

/** Sends a request with the session's token, if there is one, and a change with a key by which the
 * platform knows a repeat. A token that is refused is replaced, once. */
export function createSend(
  session: Session,
  http: typeof fetch = (...request) => fetch(...request),
): Send {
  return async (request, asNobody = false) => {
    const token = asNobody ? null : await session.token();
    if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
    if (request.method !== "GET" && !request.headers.has("idempotency-key")) {
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    const again = request.clone();
    const response = await http(request);
    if (response.status !== 401 || token === null) return response;
    const next = await session.refresh(token);
    if (next === null) return response;
    again.headers.set("Authorization", `Bearer ${next}`);
    return http(again);
  };
}

export function createApi(send: Send): Api {
  return createClient<paths>({ baseUrl: location.origin, fetch: (request) => send(request) });
}

interface Answer<T> {
  data?: T;
  response: Response;
  error?: unknown;
}

/** The answer's body. Throws Problem, and nothing else, for every other outcome. */
export async function ok<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (reason) {
    throw reason instanceof Problem ? reason : Problem.unreachable();
  }
  if (answer.response.ok) return answer.data as T;
  // openapi-fetch has read the body: an error that it could not parse is text.
  const { status, headers } = answer.response;
  const body =
    typeof answer.error === "string" ? answer.error : JSON.stringify(answer.error ?? null);
  throw await Problem.from(new Response(body, { status, headers }));
}
