import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { useStream } from "@quancheng/client/use/stream";
import { useTask } from "@quancheng/client/use/task";
import { onScopeDispose } from "vue";
import { isRouted } from "./timeline";
import type { Position } from "../report/position";

/** What both ways of following a report show; `own` where the reader is who filed it. */
export interface Matter {
  number: string;
  state: Schemas["ReportState"];
  state_text: Schemas["LocalizedText"];
  category: Schemas["Category"];
  route: Schemas["Route"];
  round: number;
  outcome: Schemas["Outcome"] | null;
  filed_at: string;
  advice: Schemas["LocalizedText"] | null;
  timeline: readonly Schemas["TimelineEntryView"][];
  question: Schemas["QuestionView"] | null;
  /** Whether the platform waits for the reporter to say in which community it is. */
  needsCommunity: boolean;
  own: { id: string; text: string; has_photo: boolean; place: Position } | null;
}

/** What a reporter can do to a matter. */
export interface Verbs {
  load: () => Promise<Matter>;
  answer: (text: string) => Promise<unknown>;
  confirm: () => Promise<unknown>;
  reopen: (reason: string) => Promise<unknown>;
  withdraw: (reason: string) => Promise<unknown>;
  chooseCommunity: (community: string) => Promise<unknown>;
}

const REFRESH_MS = 20_000;
const COMMUNITY_DIGITS = 12;

/** One's own report. */
export function ownReport(id: string): Verbs {
  const { api } = usePlatform();
  const params = { path: { id } };
  return {
    load: async () => {
      const view = await ok(api.GET("/api/v1/reports/{id}", { params }));
      // Volunteers go to a point; a committee has to be known.
      const needsCommunity =
        view.area.length < COMMUNITY_DIGITS &&
        (view.route === "committee" || !isRouted(view.state));
      const { text, has_photo } = view;
      const { longitude, latitude } = view.location;
      const place = { longitude, latitude, accuracy: null };
      return { ...view, needsCommunity, own: { id, text, has_photo, place } };
    },
    answer: (text) => ok(api.POST("/api/v1/reports/{id}/answer", { params, body: { text } })),
    confirm: () => ok(api.POST("/api/v1/reports/{id}/confirm", { params })),
    reopen: (reason) => ok(api.POST("/api/v1/reports/{id}/reopen", { params, body: { reason } })),
    withdraw: (reason) =>
      ok(api.POST("/api/v1/reports/{id}/withdraw", { params, body: { reason } })),
    chooseCommunity: (community) =>
      ok(api.POST("/api/v1/reports/{id}/corrections", { params, body: { community } })),
  };
}

/** A report by its number; who has the key can do more than read. */
export function byNumber(number: string, key: () => string): Verbs {
  const { api } = usePlatform();
  const params = { path: { number } };
  const asked = async (view: Schemas["FollowUpView"]) =>
    view.question_state !== null && key()
      ? ok(api.POST("/api/v1/follow-ups/{number}/question", { params, body: { key: key() } }))
      : null;
  return {
    load: async () => {
      const view = await ok(api.GET("/api/v1/follow-ups/{number}", { params }));
      return { ...view, question: await asked(view), needsCommunity: false, own: null };
    },
    answer: (text) =>
      ok(api.POST("/api/v1/follow-ups/{number}/answer", { params, body: { key: key(), text } })),
    confirm: () =>
      ok(api.POST("/api/v1/follow-ups/{number}/confirm", { params, body: { key: key() } })),
    reopen: (reason) =>
      ok(api.POST("/api/v1/follow-ups/{number}/reopen", { params, body: { key: key(), reason } })),
    withdraw: (reason) =>
      ok(
        api.POST("/api/v1/follow-ups/{number}/withdraw", { params, body: { key: key(), reason } }),
      ),
    chooseCommunity: (community) =>
      ok(
        api.POST("/api/v1/follow-ups/{number}/community", {
          params,
          body: { key: key(), community },
        }),
      ),
  };
}

/** Keeps a matter up to date while it is looked at. */
export function useMatter(verbs: Verbs) {
  const { data, problem, reload } = useLoaded(verbs.load);
  const doing = useTask(async (work: () => Promise<unknown>) => {
    await work();
    await reload();
    return true;
  });
  const { live } = useStream(() => void reload());
  const timer = setInterval(() => {
    if (document.visibilityState === "visible" && !live.value) void reload();
  }, REFRESH_MS);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  return { matter: data, problem, reload, doing };
}
