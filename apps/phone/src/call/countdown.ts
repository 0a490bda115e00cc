/** The platform's time, told by an answer, and carried on by this device's steady clock: whether the
 * phone's own clock is right does not matter. */
export interface ServerTime {
  /** Milliseconds since 1970 at the platform. */
  at: number;
  /** Milliseconds of the steady clock as the answer was asked for: never shows more time than there is. */
  steady: number;
  /** Milliseconds since 1970 by the phone at that time: only to see that it slept. */
  wall: number;
}

export interface Clocks {
  steady: number;
  wall: number;
}

export const clocks = (): Clocks => ({ steady: performance.now(), wall: Date.now() });

export function serverTime(at: string, asked: Clocks): ServerTime {
  return { at: Date.parse(at), ...asked };
}

/** Whole seconds until `expires` by the platform's clock; never below 0. */
export function secondsUntil(expires: string, time: ServerTime, now: Clocks): number {
  const there = time.at + (now.steady - time.steady);
  return Math.max(0, Math.floor((Date.parse(expires) - there) / 1000));
}

/** Whether the steady clock stood still (a sleeping phone) or the other was set: ask again. */
export function isDoubtful(time: ServerTime, now: Clocks): boolean {
  return Math.abs(now.wall - time.wall - (now.steady - time.steady)) > 2000;
}
