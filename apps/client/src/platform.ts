import type { App, InjectionKey } from "vue";
import { inject } from "vue";
import { createApi, createSend, type Api } from "./api";
import { Outbox } from "./outbox";
import { beginPreferences } from "./preferences";
import { Session } from "./session";
import { beginLanguage } from "./texts";

/** What every screen has: the API, who is signed in, and what is still to be sent. */
export interface Platform {
  api: Api;
  session: Session;
  outbox: Outbox;
}

const KEY: InjectionKey<Platform> = Symbol("platform");

export function usePlatform(): Platform {
  const platform = inject(KEY);
  if (!platform) throw new Error("no platform: begin(app) was not called");
  return platform;
}

/** Gives an app its platform; tests give theirs. */
export function providePlatform(app: App, platform: Platform): void {
  app.provide(KEY, platform);
}

/** Prepares an app; mount it afterwards. Needs no connection. */
export async function begin(app: App): Promise<Platform> {
  beginPreferences();
  const session = new Session();
  const send = createSend(session);
  const outbox = new Outbox({ send, account: () => session.account.value?.id ?? null });
  const platform = { api: createApi(send), session, outbox };
  providePlatform(app, platform);
  await beginLanguage();
  void session.begin().then(() => outbox.begin());
  return platform;
}
