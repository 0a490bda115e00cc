import type { Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { language, named } from "@quancheng/client/texts";
import { computed, ref, watch } from "vue";
import zh from "virtual:texts/zh";
import { useAreas, middleOf, DISTRICTS } from "./areas";
import { dangerIn } from "./danger";
import { file, lacking, type Draft } from "./filing";
import { usePhoto } from "./photo";
import { usePosition } from "./position";

/** Picked, these are danger before a word is written. */
const DANGEROUS = new Set<string>(["emergency", "violence"]);

/** A report as it is being written. `mended`: the key of the refused one that it takes the place of. */
export function useReport(picked: Schemas["Category"] | null, mended: string | null) {
  const { outbox, session } = usePlatform();
  const text = ref("");
  const category = ref(picked);
  const address = ref("");
  const anonymous = ref(false);
  const photo = usePhoto();
  const place = usePosition();
  const areas = useAreas(place.position);
  const lacks = ref<ReturnType<typeof lacking>>(null);
  const sending = ref(false);
  const notKept = ref(false);

  const refused = mended ? outbox.errands.value.find(({ key }) => key === mended) : undefined;
  if (refused) take(refused.body as unknown as Schemas["FileReport"], refused.upload?.content);

  function take(body: Schemas["FileReport"], content?: Blob): void {
    text.value = body.text ?? "";
    category.value = body.category ?? null;
    anonymous.value = body.anonymous ?? false;
    if (content) void photo.take(new File([content], "photo"));
  }

  const danger = computed(() => {
    const found = dangerIn(`${text.value} ${address.value}`);
    if (found) return { because: found.said[language.value] };
    return category.value && DANGEROUS.has(category.value)
      ? { because: named("category", category.value) }
      : null;
  });

  function draft(): Draft {
    const { district, street, community, streets, communities } = areas;
    const nameIn = (list: readonly { code: string; name: string }[], code: string) =>
      list.find((each) => each.code === code)?.name ?? "";
    return {
      text: text.value,
      category: category.value,
      categoryName: category.value && (zh[`category.${category.value}`] ?? null),
      position: place.position.value,
      middle: district.value ? middleOf(district.value) : null,
      areaName: [
        nameIn(DISTRICTS, district.value),
        nameIn(streets.value, street.value),
        nameIn(communities.value, community.value),
      ].join(""),
      address: address.value,
      community: community.value || null,
      photo: photo.photo.value?.content ?? null,
      // Without an account there is no other way.
      anonymous: anonymous.value || session.account.value === null,
    };
  }
  // What was lacking is no longer said once it is there.
  watch([text, category, photo.photo, place.position, areas.district], () => {
    if (lacks.value) lacks.value = lacking(draft());
  });

  /** The key of what is kept on the phone and will be sent; null where something lacks. */
  async function send(): Promise<string | null> {
    lacks.value = lacking(draft());
    if (lacks.value || sending.value) return null;
    sending.value = true;
    notKept.value = false;
    try {
      const key = await file(outbox, draft());
      if (refused) await outbox.drop(refused.key);
      return key;
    } catch {
      notKept.value = true; // the browser has no room, or keeps nothing in a private window
      return null;
    } finally {
      sending.value = false;
    }
  }
  return {
    text,
    category,
    address,
    anonymous,
    photo,
    place,
    areas,
    danger,
    lacks,
    sending,
    notKept,
    send,
  };
}
