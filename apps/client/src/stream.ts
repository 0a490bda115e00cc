import { EventSourceParserStream } from "eventsource-parser/stream";
import type { components } from "./schema";

export type StreamMessage = components["schemas"]["MessageView"];

export interface StreamOptions {
  /** A fresh token for each connection; null ends the stream. */
  token: () => Promise<string | null>;
  onMessage: (message: StreamMessage) => void;
  /** Whether messages arrive at once, or the connection is being made again. */
  onState?: (live: boolean) => void;
  signal: AbortSignal;
  fetch?: typeof fetch;
  /** Waits so many milliseconds; the end of the signal ends the wait. */
  pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const PATH = "/api/v1/stream";
const SHORTEST = 500;
const LONGEST = 30_000;
/** Milliseconds. The platform sends a comment at least every 15 s: after this the line is dead. */
const SILENCE = 45_000;

/** Messages as they come, until the signal ends or nobody is signed in. After a break it resumes
 * behind the last message: none is lost, and one that came twice is given once. */
export async function followStream(options: StreamOptions): Promise<void> {
  const { signal, pause = wait } = options;
  const seen = new Recent();
  let last: string | null = null;
  let delay = SHORTEST;
  while (!signal.aborted) {
    try {
      const token = await options.token();
      if (token === null) return;
      for await (const event of connect(token, last, options)) {
        if (event.id !== undefined) last = event.id;
        delay = SHORTEST;
        const message = JSON.parse(event.data) as StreamMessage;
        if (seen.isNew(message.id)) options.onMessage(message);
      }
    } catch {
      // A broken line, a refusal, a platform that restarts: all are tried again, more and more slowly.
    }
    options.onState?.(false);
    await pause(delay * (0.5 + Math.random()), signal);
    delay = Math.min(delay * 2, LONGEST);
  }
}

async function* connect(token: string, last: string | null, options: StreamOptions) {
  const http = options.fetch ?? fetch;
  const line = new AbortController();
  const end = () => {
    line.abort();
  };
  options.signal.addEventListener("abort", end);
  let silence = setTimeout(end, SILENCE);
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE);
      controller.enqueue(bytes);
    },
  });
  try {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${token}`,
      Accept: "text/event-stream",
    };
    if (last !== null) headers["Last-Event-ID"] = last;
    const response = await http(PATH, { headers, signal: line.signal, cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(String(response.status));
    options.onState?.(true);
    const events = response.body
      .pipeThrough(heard)
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream());
    const reader = events.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    clearTimeout(silence);
    options.signal.removeEventListener("abort", end);
    line.abort();
  }
}

/** The ids of the last messages. */
class Recent {
  private readonly ids = new Set<string>();

  isNew(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    const [oldest] = this.ids;
    if (this.ids.size > 500 && oldest !== undefined) this.ids.delete(oldest);
    return true;
  }
}

/** Also ends when the device is online again: nobody waits 30 s for what works already. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    addEventListener("online", end);
  });
}
