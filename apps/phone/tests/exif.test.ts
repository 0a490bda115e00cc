import { expect, test } from "vitest";
import { placeOfPhoto } from "../src/report/exif";

/** A JPEG's head with one EXIF place; degrees, minutes and seconds as numerators over 1. */
function photo(lat: number[], lon: number[], denominator = 1, order = true): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(200));
  view.setUint16(0, 0xffd8);
  view.setUint16(2, 0xffe1);
  view.setUint16(4, 190);
  view.setUint32(6, 0x45786966);
  const tiff = 12;
  const u16 = (at: number, value: number) => {
    view.setUint16(tiff + at, value, order);
  };
  const u32 = (at: number, value: number) => {
    view.setUint32(tiff + at, value, order);
  };
  view.setUint16(tiff, order ? 0x4949 : 0x4d4d);
  u16(2, 42);
  u32(4, 8);
  u16(8, 1);
  u16(10, 0x8825);
  u32(18, 26);
  u16(26, 4);
  const entry = (index: number, tag: number, value: number) => {
    u16(28 + index * 12, tag);
    if (value < 100 && tag % 2) view.setUint8(tiff + 36 + index * 12, value);
    else u32(36 + index * 12, value);
  };
  entry(0, 1, "N".charCodeAt(0));
  entry(1, 2, 80);
  entry(2, 3, "E".charCodeAt(0));
  entry(3, 4, 104);
  [...lat, ...lon].forEach((value, index) => {
    u32(80 + index * 8, value);
    u32(84 + index * 8, denominator);
  });
  return view.buffer;
}

test.each([true, false])("the place is read (little-endian: %s)", (order) => {
  const found = placeOfPhoto(photo([36, 40, 12], [116, 56, 31], 1, order));
  expect(found?.latitude).toBeCloseTo(36.67, 6);
  expect(found?.longitude).toBeCloseTo(116.941944, 5);
});

test("zeros, nothing over nothing, and files that end early have no place", () => {
  expect(placeOfPhoto(photo([0, 0, 0], [0, 0, 0]))).toBeNull();
  expect(placeOfPhoto(photo([0, 0, 0], [0, 0, 0], 0))).toBeNull();
  expect(placeOfPhoto(new ArrayBuffer(0))).toBeNull();
  const whole = photo([36, 40, 12], [116, 56, 31]);
  for (let length = 0; length < 140; length++) {
    expect(placeOfPhoto(whole.slice(0, length))).toBeNull();
  }
});
