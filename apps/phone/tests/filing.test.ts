import { expect, test } from "vitest";
import { errandOf, lacking, type Draft } from "../src/report/filing";

const POSITION = { longitude: 116.942, latitude: 36.6695, accuracy: 20 };
const EMPTY: Draft = {
  text: "",
  category: null,
  categoryName: null,
  position: POSITION,
  middle: null,
  areaName: "",
  address: "",
  community: null,
  photo: null,
  anonymous: false,
};
const middle = { longitude: 116.9, latitude: 36.6 };

test("two taps are enough: the category says what it is", () => {
  const draft: Draft = { ...EMPTY, category: "traffic", categoryName: "交通疏导" };
  expect(lacking(draft)).toBeNull();
  expect(errandOf(draft).body).toMatchObject({ text: "交通疏导", category: "traffic" });
});

test("what lacks is told", () => {
  expect(lacking(EMPTY)).toBe("what");
  expect(lacking({ ...EMPTY, text: " \n" })).toBe("what");
  expect(lacking({ ...EMPTY, text: "吵", position: null })).toBe("where");
});

test("a district's middle never passes for a position", () => {
  const draft: Draft = {
    ...EMPTY,
    position: null,
    middle,
    text: "路灯坏了",
    areaName: "槐荫区段店北路街道",
    address: "3号楼",
  };
  expect(lacking(draft)).toBeNull();
  const { body } = errandOf(draft);
  expect(body.text).toBe("未定位，地点：槐荫区段店北路街道 3号楼。路灯坏了");
  expect(body.location).toMatchObject(middle);
});

test("a photo alone is a report, and travels before it", () => {
  const photo = new Blob(["x"], { type: "image/jpeg" });
  const errand = errandOf({ ...EMPTY, photo });
  expect(errand.body.text).toBe("");
  expect(errand.upload).toEqual({ path: "/api/v1/photos", content: photo, into: "photo" });
});
