/** Tells the reader what happened and what to do about it. */
import { Alert } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./notice.module.css";

export interface NoticeProps {
  /** `problem` stopped the reader; `hint` only tells. */
  kind: "problem" | "hint";
  title: string;
  /** For `aria-describedby` of the field that it is about. */
  id?: string;
  children?: ReactNode;
  /** What the reader can press, below the text. */
  action?: ReactNode;
}

/** Screen readers speak a problem at once when it appears, and a hint when they are idle. */
export function Notice({ kind, title, id, children, action }: NoticeProps) {
  return (
    <Alert
      {...(id !== undefined && { id })}
      role={kind === "problem" ? "alert" : "status"}
      title={title}
      data-kind={kind}
      classNames={{
        root: classes.root ?? "",
        title: classes.title ?? "",
        message: classes.message ?? "",
      }}
    >
      {children}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </Alert>
  );
}
