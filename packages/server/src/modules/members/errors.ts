/** What can go wrong with members of the workspace. */
import { defineErrors } from "../../errors.ts";

export const memberErrors = defineErrors({
  MEMBER_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no member ${id}`],
  MEMBER_EXISTS: ["ALREADY_EXISTS", (email: string) => `${email} is a member already`],
  MEMBER_LAST_ADMIN: [
    "FAILED_PRECONDITION",
    "This is the last member with the role ADMIN: make another one first, or nobody could invite members any more",
  ],
  MEMBER_NOT_ADMIN: [
    "PERMISSION_DENIED",
    "Only a member with the role ADMIN may do this to other members: ask one of them",
  ],
  MEMBER_WRONG_ENVIRONMENT: [
    "PERMISSION_DENIED",
    "Members belong to the whole install: only an application of its first environment may manage them",
  ],
  MEMBER_IS_CALLER: ["NOT_FOUND", "An application is no member: name the member by id"],
  MEMBER_LINK_INVALID: [
    "NOT_FOUND",
    "This sign-in link was used, or its time is over: start Gatehouse again or make a new one with the command of its operator",
  ],
  MEMBER_FOREIGN_PAGE: [
    "PERMISSION_DENIED",
    "The form was sent by a page of another site: open the sign-in link itself, and use its button",
  ],
  MEMBER_SIGNED_OUT: [
    "UNAUTHENTICATED",
    "Nobody is signed in to the dashboard here: open a sign-in link, which is made where Gatehouse runs",
  ],
});
