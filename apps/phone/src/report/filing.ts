import type { Schemas } from "@quancheng/client/api";
import type { Errand, NewErrand, Outbox } from "@quancheng/client/outbox";
import { watch } from "vue";
import type { Position } from "./position";

type Body = Schemas["FileReport"];

export interface Draft {
  text: string;
  category: Schemas["Category"] | null;
  /** The category's name in Chinese, which says it where nothing was written. */
  categoryName: string | null;
  position: Position | null;
  /** Where there is no position: the middle of the district that was chosen. */
  middle: { longitude: number; latitude: number } | null;
  /** The chosen area's names, and words such as a street and a number. */
  areaName: string;
  address: string;
  community: string | null;
  photo: Blob | null;
  anonymous: boolean;
}

const MAX_TEXT = 2000;

/** What still keeps a draft from being sent. */
export function lacking(draft: Draft): "what" | "where" | null {
  if (!draft.text.trim() && !draft.photo && !draft.category) return "what";
  return (draft.position ?? draft.middle) ? null : "where";
}

/** The errand of a draft that lacks nothing. The platform wants a point: without a position it gets
 * the district's middle, and the text says so first, so that nobody goes there. */
export function errandOf(draft: Draft): NewErrand {
  const place = draft.position ?? draft.middle;
  if (!place) throw new Error("a draft without a place");
  const where = draft.position
    ? draft.address.trim() && `地点：${draft.address.trim()}。`
    : `未定位，地点：${[draft.areaName, draft.address.trim()].filter(Boolean).join(" ")}。`;
  const what = draft.text.trim() || (draft.photo ? "" : (draft.categoryName ?? ""));
  const body: Body = {
    text: `${where}${what}`.slice(0, MAX_TEXT),
    category: draft.category,
    location: { longitude: place.longitude, latitude: place.latitude, datum: "wgs84" },
    community: draft.community,
    anonymous: draft.anonymous,
    finished: false,
  };
  const upload = draft.photo && { path: "/api/v1/photos", content: draft.photo, into: "photo" };
  return {
    kind: "report",
    method: "POST",
    path: "/api/v1/reports",
    body: { ...body },
    ...(upload && { upload }),
  };
}

/** Files a report: gives its errand once that is kept on the phone, sent or not. */
export function file(outbox: Outbox, draft: Draft): Promise<string> {
  return new Promise((resolve, reject) => {
    const before = new Set(outbox.errands.value.map(({ key }) => key));
    const stop = watch(outbox.errands, (errands) => {
      const mine = errands.find(({ key, kind }) => kind === "report" && !before.has(key));
      if (!mine) return;
      stop();
      resolve(mine.key);
    });
    outbox.add(errandOf(draft)).then(
      ({ key }) => {
        stop();
        resolve(key);
      },
      (reason: unknown) => {
        stop();
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
  });
}

/** What the platform answered to a report that was sent. */
export function answerOf(errand: Errand): Schemas["FiledReportView"] | null {
  return errand.state === "sent" ? (errand.answer as Schemas["FiledReportView"]) : null;
}
