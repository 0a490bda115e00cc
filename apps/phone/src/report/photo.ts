import { onScopeDispose, ref, shallowRef } from "vue";
import { placeOfPhoto } from "./exif";

/** Pixels of the longer side, and the quality of the JPEG: legible plates at some 300 kB. */
const LONGEST = 1600;
const QUALITY = 0.8;
const HEAD = 256 * 1024;

/** A photo as it will be sent: small, and without what the camera wrote into it. */
export function usePhoto() {
  const photo = shallowRef<{ content: Blob; url: string } | null>(null);
  /** Where it was taken, to be asked about. */
  const place = shallowRef<{ longitude: number; latitude: number } | null>(null);
  const busy = ref(false);
  const unreadable = ref(false);

  function remove(): void {
    if (photo.value) URL.revokeObjectURL(photo.value.url);
    photo.value = null;
    place.value = null;
    unreadable.value = false;
  }

  async function take(file: File): Promise<void> {
    remove();
    busy.value = true;
    try {
      place.value = placeOfPhoto(await file.slice(0, HEAD).arrayBuffer());
      const content = await shrunk(file);
      photo.value = { content, url: URL.createObjectURL(content) };
    } catch {
      place.value = null;
      unreadable.value = true; // a format this browser cannot show
    } finally {
      busy.value = false;
    }
  }
  onScopeDispose(remove);
  return { photo, place, busy, unreadable, take, remove };
}

async function shrunk(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (content) => {
        if (content) resolve(content);
        else reject(new Error("the canvas gave no photo"));
      },
      "image/jpeg",
      QUALITY,
    );
  });
}
