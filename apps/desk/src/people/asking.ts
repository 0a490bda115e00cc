/** A ReasonDialog, as pages use it. */
export interface Asking {
  open: () => void;
  close: () => void;
}
