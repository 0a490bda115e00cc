import type { components } from "./schema";
import { language, t } from "./texts";

type Document = components["schemas"]["ProblemDocument"];

/** What the platform calls the problem, without `urn:problem:`; the last two are the client's own. */
export type ProblemCode =
  | (components["schemas"]["ProblemType"] extends `urn:problem:${infer Code}` ? Code : never)
  | "unreachable"
  | "unreadable";

/** A part of the request that is wrong: `field` is its path, as in `body.location.latitude`. */
export type FieldProblem = Readonly<components["schemas"]["FieldProblem"]>;

const URN = "urn:problem:";

/** Everything that can go wrong with a request, in words for people. The only error that calls to
 * the platform throw. */
export class Problem extends Error {
  override readonly name = "Problem";

  private constructor(
    readonly code: ProblemCode,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    private readonly document: Document | null,
    /** Seconds, where the platform says when to ask again. */
    readonly retryAfter: number | null = null,
    /** For the operator. */
    readonly requestId: string | null = null,
  ) {
    super(`${code} (${String(status)})`);
  }

  /** What is wrong, in the language of the moment. */
  get title(): string {
    if (!this.document)
      return t(this.code === "unreachable" ? "app.unreachable" : "app.unreadable");
    return language.value === "zh" ? this.document.title : this.document.title_en;
  }

  /** The parts of the request that are wrong. */
  get fields(): readonly FieldProblem[] {
    return this.document?.errors ?? [];
  }

  /** What is wrong with one part of the request, if this problem names it. */
  of(field: string): string | null {
    const found = this.fields.find((each) => each.field === field);
    return found ? (language.value === "zh" ? found.problem : found.problem_en) : null;
  }

  /** Whether the same request may succeed later: there was no answer, or the platform is busy. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  static unreachable(): Problem {
    return new Problem("unreachable", 0, null);
  }

  /** From an answer that is no success. */
  static async from(response: Response): Promise<Problem> {
    const found: unknown = await response.json().catch(() => null);
    if (!isDocument(found))
      return new Problem("unreadable", response.status, null, seconds(response));
    return new Problem(
      found.type.slice(URN.length) as ProblemCode,
      response.status,
      found,
      seconds(response),
      found.request_id ?? response.headers.get("x-request-id"),
    );
  }
}

function isDocument(found: unknown): found is Document {
  return (
    typeof found === "object" &&
    found !== null &&
    "type" in found &&
    typeof found.type === "string" &&
    found.type.startsWith(URN) &&
    "title" in found &&
    "title_en" in found
  );
}

function seconds(response: Response): number | null {
  const said = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(said) ? said : null;
}
