/** The button that starts something which takes a moment. */
import { Button, type ButtonProps, Loader, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./busy-button.module.css";

export interface BusyButtonProps extends ButtonProps {
  busy: boolean;
  /** What screen readers hear while it is busy. */
  busyText: string;
  children: ReactNode;
}

/**
 * A submit button that keeps its width and the focus while it is busy. (Mantine's own `loading` disables the button,
 * and a disabled element loses the focus.) The form must ignore what is submitted meanwhile.
 */
export function BusyButton({ busy, busyText, children, ...props }: BusyButtonProps) {
  return (
    <>
      <Button {...props} type="submit" aria-disabled={busy} className={classes.button ?? ""} mod={{ busy }}>
        <span className={classes.label}>{children}</span>
        {busy && (
          <Loader size="sm" color="currentColor" className={classes.loader ?? ""} aria-hidden="true" />
        )}
      </Button>
      <VisuallyHidden role="status">{busy ? busyText : ""}</VisuallyHidden>
    </>
  );
}
