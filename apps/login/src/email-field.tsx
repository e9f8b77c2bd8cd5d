/** The field for the address, with one line below it that holds advice or what is wrong. */
import { Input } from "@mantine/core";
import type { Ref } from "react";
import classes from "./email-field.module.css";

export interface EmailFieldProps {
  ref: Ref<HTMLInputElement>;
  defaultValue: string;
  /** The text is no e-mail address. */
  malformed: boolean;
  /** The address led nowhere. */
  refused: boolean;
  /** Ids of notices that the reader of the field should hear. */
  describedBy: string;
  onInput(): void;
}

/** `input[name="email"]`; the text in it belongs to the browser, so no failure can lose it. */
export function EmailField({ ref, malformed, refused, describedBy, ...props }: EmailFieldProps) {
  return (
    <div>
      <Input.Label htmlFor="email" size="md">
        Work e-mail
      </Input.Label>
      <Input
        {...props}
        ref={ref}
        id="email"
        name="email"
        type="email"
        size="lg"
        mt={6}
        required
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
        placeholder="you@company.com"
        error={malformed || refused}
        // As a plain property Mantine replaces it by what its own wrapper knows: nothing, here.
        attributes={{ input: { "aria-describedby": `email-line ${describedBy}` } }}
      />
      <p id="email-line" className={classes.line} data-malformed={malformed}>
        {malformed ? "Enter a full e-mail address." : "Your organization's sign-in opens next."}
      </p>
    </div>
  );
}
