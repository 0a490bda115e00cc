import { computed, ref, shallowRef } from "vue";
import { exclusive as locked, type Exclusive } from "./exclusive";
import { kept } from "./kept";
import { Problem } from "./problem";
import type { components } from "./schema";

export type Account = components["schemas"]["AccountView"];
type SignedIn = Pick<
  components["schemas"]["SignedInView"],
  "access_token" | "expires_in_s" | "account"
>;

interface Access {
  token: string;
  /** Milliseconds since 1970 by this device's clock. */
  expiresAt: number;
  account: Account;
}

const SESSIONS = "/api/v1/sessions";
/** Milliseconds before its end at which a token is no longer used. */
const MARGIN = 15_000;
const HINT = "signed-in";

export interface SessionOptions {
  fetch?: typeof fetch;
  exclusive?: Exclusive;
  now?: () => number;
  channel?: BroadcastChannel | null;
}

/** Who is signed in. The access token is in memory only; what gets the next one is a cookie that no
 * script can read. All tabs share one session, and one of them at a time refreshes it. */
export class Session {
  private readonly access = shallowRef<Access | null>(null);
  private readonly http: typeof fetch;
  private readonly exclusive: Exclusive;
  private readonly now: () => number;
  private readonly channel: BroadcastChannel | null;
  private refreshing: Promise<string | null> | null = null;

  /** Null until somebody is signed in. */
  readonly account = computed(() => this.access.value?.account ?? null);
  /** Whether it is known by now who is signed in. */
  readonly known = ref(false);

  constructor(options: SessionOptions = {}) {
    this.http = options.fetch ?? ((...request) => fetch(...request));
    this.exclusive = options.exclusive ?? locked;
    this.now = options.now ?? Date.now;
    this.channel =
      options.channel === undefined ? new BroadcastChannel("quancheng:session") : options.channel;
    this.channel?.addEventListener("message", (event: MessageEvent<Access | null>) => {
      this.access.value = event.data;
    });
  }

  /** Finds out who is signed in, as a page opens. Without a connection nobody is, for now. */
  async begin(): Promise<void> {
    await this.token().catch(() => null);
    this.known.value = true;
  }

  /** A token that is good for some seconds at least; null if nobody is signed in. Throws Problem
   * where it could not be found out. */
  async token(): Promise<string | null> {
    const access = this.access.value;
    if (access && this.now() < access.expiresAt - MARGIN) return access.token;
    return kept.get(HINT) === null ? null : this.refresh();
  }

  /** A new token in place of `refused`, or of one that has run out. */
  async refresh(refused?: string): Promise<string | null> {
    this.refreshing ??= this.exclusive("refresh", () => this.next(refused)).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async next(refused?: string): Promise<string | null> {
    const access = this.access.value;
    // Another tab was first and has told this one.
    if (access && access.token !== refused && this.now() < access.expiresAt - MARGIN)
      return access.token;
    const response = await this.post("/browser/refresh");
    if (response.status === 401) {
      this.set(null);
      return null;
    }
    if (!response.ok) throw await Problem.from(response);
    return this.take(response);
  }

  /** Throws Problem: `code_wrong`, `code_tries_used` and others. */
  async signIn(phone: string, code: string, key: string): Promise<void> {
    const response = await this.post("/browser", { phone, code }, { "Idempotency-Key": key });
    if (!response.ok) throw await Problem.from(response);
    await this.take(response);
    this.known.value = true;
  }

  /** Ends the session. Throws Problem where the platform could not be told: then it goes on. */
  async signOut(): Promise<void> {
    const token = await this.token();
    if (token !== null) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await this.send(`${SESSIONS}/current`, { method: "DELETE", headers });
      if (!response.ok && response.status !== 401) throw await Problem.from(response);
    }
    this.set(null);
  }

  private async take(response: Response): Promise<string> {
    const signedIn = (await response.json()) as SignedIn;
    this.set({
      token: signedIn.access_token,
      expiresAt: this.now() + signedIn.expires_in_s * 1000,
      account: signedIn.account,
    });
    return signedIn.access_token;
  }

  private set(access: Access | null): void {
    this.access.value = access;
    kept.set(HINT, access ? "1" : null);
    this.channel?.postMessage(access);
  }

  private async post(
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response> {
    // A page of another origin cannot send this header: no form or link refreshes anybody's session.
    const headers: Record<string, string> = { "X-Requested-By": "app", ...more };
    if (body) headers["Content-Type"] = "application/json";
    return this.send(SESSIONS + path, {
      method: "POST",
      headers,
      credentials: "same-origin",
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  private async send(path: string, request: RequestInit): Promise<Response> {
    try {
      return await this.http(path, request);
    } catch {
      throw Problem.unreachable();
    }
  }
}
