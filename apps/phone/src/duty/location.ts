import type { Fix } from "./fixes";

/** Why the phone does not say where it is. */
export type LocationFault = "denied" | "unavailable" | "slow" | "impossible";

export class LocationError extends Error {
  override readonly name = "LocationError";
  constructor(readonly fault: LocationFault) {
    super(fault);
  }
}

const OPTIONS: PositionOptions = { enableHighAccuracy: true, timeout: 20_000, maximumAge: 10_000 };

/** Where the phone is now. Throws LocationError. */
export function locate(): Promise<Fix> {
  return new Promise((resolve, reject) => {
    const { geolocation } = navigator as Partial<Navigator>;
    // Over plain HTTP, and in a web-view that was not given it, there is none.
    if (!geolocation || !isSecureContext) {
      reject(new LocationError("impossible"));
      return;
    }
    geolocation.getCurrentPosition(
      (position) => {
        resolve(fixOf(position));
      },
      (error) => {
        reject(new LocationError(faultOf(error)));
      },
      OPTIONS,
    );
  });
}

/** Tells each new place until the returned function is called. */
export function watchLocation(
  onFix: (fix: Fix) => void,
  onFault: (fault: LocationFault) => void,
): () => void {
  const { geolocation } = navigator as Partial<Navigator>;
  if (!geolocation || !isSecureContext) {
    onFault("impossible");
    return () => undefined;
  }
  const id = geolocation.watchPosition(
    (position) => {
      onFix(fixOf(position));
    },
    (error) => {
      onFault(faultOf(error));
    },
    OPTIONS,
  );
  return () => {
    geolocation.clearWatch(id);
  };
}

function fixOf({ coords, timestamp }: GeolocationPosition): Fix {
  const { longitude, latitude, accuracy } = coords;
  return { longitude, latitude, accuracy, at: timestamp };
}

function faultOf(error: GeolocationPositionError): LocationFault {
  if (error.code === error.PERMISSION_DENIED) return "denied";
  return error.code === error.TIMEOUT ? "slow" : "unavailable";
}
