/** Where a JPEG says that it was taken, in WGS-84 degrees; null where it does not say. Reads only
 * the head of the file, and gives up on anything that is not as the EXIF standard has it. */
export function placeOfPhoto(content: ArrayBuffer): { longitude: number; latitude: number } | null {
  try {
    const tiff = tiffOf(new DataView(content));
    return tiff && placeIn(tiff);
  } catch (reason) {
    if (reason instanceof RangeError) return null; // an offset that points outside the file
    throw reason;
  }
}

const APP1 = 0xffe1;
const EXIF = 0x45786966;
const GPS_POINTER = 0x8825;
const [NORTH_OR_SOUTH, LATITUDE, EAST_OR_WEST, LONGITUDE] = [1, 2, 3, 4];

function tiffOf(file: DataView): DataView | null {
  if (file.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < file.byteLength;) {
    const marker = file.getUint16(at);
    const length = file.getUint16(at + 2);
    if (marker >> 8 !== 0xff || marker === 0xffda || length < 2) return null;
    if (marker === APP1 && file.getUint32(at + 4) === EXIF) {
      return new DataView(file.buffer, file.byteOffset + at + 10, length - 8);
    }
    at += 2 + length;
  }
  return null;
}

function placeIn(tiff: DataView): { longitude: number; latitude: number } | null {
  const little = tiff.getUint16(0) === 0x4949;
  const pointer = entries(tiff, tiff.getUint32(4, little), little).get(GPS_POINTER);
  if (pointer === undefined) return null;
  const gps = entries(tiff, tiff.getUint32(pointer, little), little);
  const degrees = (tag: number, sign: number, negative: string): number | null => {
    const at = gps.get(tag);
    const letter = gps.get(sign);
    if (at === undefined || letter === undefined) return null;
    const from = tiff.getUint32(at, little);
    const [d, m, s] = [0, 8, 16].map(
      (shift) => tiff.getUint32(from + shift, little) / tiff.getUint32(from + shift + 4, little),
    ) as [number, number, number];
    const found = d + m / 60 + s / 3600;
    return String.fromCharCode(tiff.getUint8(letter)) === negative ? -found : found;
  };
  const latitude = degrees(LATITUDE, NORTH_OR_SOUTH, "S");
  const longitude = degrees(LONGITUDE, EAST_OR_WEST, "W");
  if (latitude === null || longitude === null) return null;
  // Phones that had no fix write zeros, or 0/0.
  if (!Number.isFinite(latitude + longitude) || (latitude === 0 && longitude === 0)) return null;
  return { longitude, latitude };
}

/** Tag -> where its value, or the pointer to it, stands. */
function entries(tiff: DataView, from: number, little: boolean): Map<number, number> {
  const count = tiff.getUint16(from, little);
  const found = new Map<number, number>();
  for (let each = 0; each < count; each++) {
    const at = from + 2 + each * 12;
    found.set(tiff.getUint16(at, little), at + 8);
  }
  return found;
}
