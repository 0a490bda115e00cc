import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { shallowRef } from "vue";
import { exclusive as locked, type Exclusive } from "./exclusive";
import { Problem } from "./problem";

/** What a person did that the platform must hear of, kept on the device until it has. */
export interface Errand {
  /** The idempotency key: stored before anything is sent, so that whatever is sent again is one. */
  key: string;
  /** What it is, as the screens call it: `report`, `accept`. */
  kind: string;
  method: "POST" | "PATCH";
  path: string;
  body: Record<string, unknown>;
  /** Sent first; the id that it gets is put into the body under `into`. */
  upload?: { path: string; content: Blob; into: string };
  /** Who did it; null without an account. Sent only as the same. */
  account: string | null;
  /** Milliseconds since 1970. */
  at: number;
  /** Milliseconds since 1970 by this device's clock, after which it makes no sense any more. */
  until?: number;
  /** `lapsed`: no answer came in time. It may have reached the platform: ask what is so there. */
  state: "waiting" | "refused" | "lapsed" | "sent";
  /** Why the platform refused it. It stays until the person has mended or dropped it. */
  refusal?: { code: string; title: string };
  /** What the platform answered. */
  answer?: unknown;
}
export type NewErrand = Pick<Errand, "kind" | "method" | "path" | "body" | "upload" | "until">;

interface Schema extends DBSchema {
  errands: { key: string; value: Errand };
}

export interface OutboxOptions {
  /** The API's own `fetch`, with tokens. */
  send: (request: Request, asNobody: boolean) => Promise<Response>;
  account: () => string | null;
  exclusive?: Exclusive;
  database?: string;
  channel?: BroadcastChannel | null;
}

/** Milliseconds between two tries at most. What is pressing has a lane of its own: an answer to a call
 * that ends in a minute neither waits behind a photo nor sleeps for long. */
const LONGEST = { pressing: 3000, patient: 60_000 };
type Lane = keyof typeof LONGEST;
/** Milliseconds after which a request that got no answer is given up, and sent again. */
const PATIENCE = 20_000;
/** The platform itself gives a photo 280 s. */
const PATIENCE_WITH_PHOTO = 300_000;

export class Outbox {
  /** All of them, the oldest first. */
  readonly errands = shallowRef<readonly Errand[]>([]);
  private readonly opened: Promise<IDBPDatabase<Schema>>;
  private readonly exclusive: Exclusive;
  private readonly channel: BroadcastChannel | null;
  private readonly timers: Partial<Record<Lane, ReturnType<typeof setTimeout>>> = {};
  private readonly delays: Record<Lane, number> = { pressing: 1000, patient: 1000 };

  constructor(private readonly options: OutboxOptions) {
    this.exclusive = options.exclusive ?? locked;
    this.channel =
      options.channel === undefined ? new BroadcastChannel("quancheng:outbox") : options.channel;
    this.channel?.addEventListener("message", () => void this.reload());
    this.opened = openDB<Schema>(options.database ?? "quancheng", 1, {
      upgrade(database) {
        database.createObjectStore("errands", { keyPath: "key" });
      },
    });
  }

  /** Sends what is left from before, now and whenever the device is online again. */
  async begin(): Promise<void> {
    addEventListener("online", () => void this.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.flush();
    });
    await this.reload();
    await this.flush();
  }

  /** Keeps an errand, then tries to send it. It is safe once this returns, sent or not: look at its
   * `state`. */
  async add(wanted: NewErrand): Promise<Errand> {
    const key = crypto.randomUUID();
    const account = this.options.account();
    const errand: Errand = { ...wanted, key, account, at: Date.now(), state: "waiting" };
    await (await this.opened).put("errands", errand);
    await this.changed();
    await this.flushLane(laneOf(errand));
    return (await (await this.opened).get("errands", key)) ?? errand;
  }

  /** Tries a refused errand again with a mended body: to the platform it is a new one. */
  async mend(key: string, body: Record<string, unknown>): Promise<Errand> {
    const before = await (await this.opened).get("errands", key);
    if (before?.state !== "refused") throw new Error(`no refused errand ${key}`);
    await (await this.opened).delete("errands", key);
    const { kind, method, path, upload, until } = before;
    return this.add({
      kind,
      method,
      path,
      body,
      ...(upload && { upload }),
      ...(until && { until }),
    });
  }

  /** Forgets an errand: it was seen, or the person no longer wants it. */
  async drop(key: string): Promise<void> {
    const database = await this.opened;
    const errand = await database.get("errands", key);
    if (!errand) return;
    await this.exclusive(lockOf(laneOf(errand)), () => database.delete("errands", key));
    await this.changed();
  }

  /** Sends what waits, the oldest first, one tab at a time. */
  async flush(): Promise<void> {
    await Promise.all([this.flushLane("pressing"), this.flushLane("patient")]);
  }

  private async flushLane(lane: Lane): Promise<void> {
    clearTimeout(this.timers[lane]);
    const done = await this.exclusive(lockOf(lane), () => this.sendAll(lane));
    await this.changed();
    clearTimeout(this.timers[lane]);
    if (done) {
      this.delays[lane] = 1000;
      return;
    }
    this.timers[lane] = setTimeout(() => void this.flushLane(lane), this.delays[lane]);
    this.delays[lane] = Math.min(this.delays[lane] * 2, LONGEST[lane]);
  }

  /** Whether nothing is left that could be sent. Stops at the first that gets no answer. */
  private async sendAll(lane: Lane): Promise<boolean> {
    const database = await this.opened;
    for (const errand of inOrder(await database.getAll("errands"))) {
      if (errand.state !== "waiting" || laneOf(errand) !== lane) continue;
      if (errand.until !== undefined && errand.until <= Date.now()) {
        await database.put("errands", { ...errand, state: "lapsed" });
        continue;
      }
      if (errand.account !== null && errand.account !== this.options.account()) continue;
      try {
        const answer = await this.deliver(errand, database);
        await database.put("errands", { ...errand, state: "sent", answer });
      } catch (reason) {
        const problem = reason instanceof Problem ? reason : Problem.unreachable();
        // Signed out meanwhile: it waits until the same person is back. Nobody's waits for nobody, and
        // would keep back whatever stands behind it.
        const waitsForPerson = problem.status === 401 && errand.account !== null;
        if (problem.isTransient || waitsForPerson) return false;
        const refusal = { code: problem.code, title: problem.title };
        await database.put("errands", { ...errand, state: "refused", refusal });
      }
    }
    return true;
  }

  private async deliver(errand: Errand, database: IDBPDatabase<Schema>): Promise<unknown> {
    if (errand.upload) {
      const { path, content, into } = errand.upload;
      const photo = await this.request(errand, "POST", path, content, content.type, "-upload");
      // Kept, so that the photo travels once, whatever becomes of the rest.
      errand.body = { ...errand.body, [into]: (photo as { id: string }).id };
      delete errand.upload;
      await database.put("errands", errand);
    }
    const body = JSON.stringify(errand.body);
    return this.request(errand, errand.method, errand.path, body, "application/json");
  }

  private async request(
    errand: Errand,
    method: string,
    path: string,
    body: BodyInit,
    type: string,
    suffix = "",
  ): Promise<unknown> {
    const headers = { "Idempotency-Key": errand.key + suffix, "Content-Type": type };
    const signal = AbortSignal.timeout(suffix ? PATIENCE_WITH_PHOTO : PATIENCE);
    const request = new Request(new URL(path, location.origin), { method, headers, body, signal });
    const response = await this.options.send(request, errand.account === null);
    if (!response.ok) throw await Problem.from(response);
    return response.status === 204 ? null : response.json();
  }

  private async changed(): Promise<void> {
    await this.reload();
    this.channel?.postMessage(null);
  }

  private async reload(): Promise<void> {
    this.errands.value = inOrder(await (await this.opened).getAll("errands"));
  }
}

function laneOf(errand: Errand): Lane {
  return errand.until === undefined ? "patient" : "pressing";
}

function lockOf(lane: Lane): string {
  return lane === "patient" ? "outbox" : "outbox-pressing";
}

function inOrder(errands: Errand[]): Errand[] {
  return errands.sort((one, other) => one.at - other.at);
}
