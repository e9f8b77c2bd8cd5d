/** What the page says when an address leads nowhere. */
import { Code, type ConnectError } from "@connectrpc/connect";

export interface Failure {
  title: string;
  text: string;
  /** The address is the reason: the field is marked, and trying again changes nothing. */
  aboutAddress: boolean;
}

/** The words for a look-up that the server refused, or that never reached it. */
export function failureOf(error: ConnectError, email: string): Failure {
  switch (error.code) {
    case Code.NotFound:
      return noSingleSignOn(email.slice(email.lastIndexOf("@") + 1));
    case Code.InvalidArgument:
      return {
        title: "This address cannot be used",
        text: "Check it for typing mistakes, then try again.",
        aboutAddress: true,
      };
    case Code.ResourceExhausted:
      return { title: "Too many attempts", text: "Wait a minute, then try again.", aboutAddress: false };
    // What the browser reports when it gets no answer is a TypeError, by the Fetch standard.
    default:
      return error.cause instanceof TypeError || error.code === Code.DeadlineExceeded ? noAnswer : ourFault;
  }
}

function noSingleSignOn(domain: string): Failure {
  return {
    title: `No single sign-on for ${domain}`,
    text: "Check the address for typing mistakes. If it is right, ask your administrator to set up single sign-on.",
    aboutAddress: true,
  };
}

const noAnswer: Failure = {
  title: "The server did not answer",
  text: "Check your connection, then try again. What you typed is still here.",
  aboutAddress: false,
};

const ourFault: Failure = {
  title: "Something went wrong on our side",
  text: "Try again in a moment. If it happens again, tell your administrator.",
  aboutAddress: false,
};

/** For an answer whose address a browser must not follow. */
export const unusableAnswer: Failure = {
  title: "This sign-in cannot be opened",
  text: "The address of your organization's sign-in is not usable. Tell your administrator.",
  aboutAddress: false,
};
