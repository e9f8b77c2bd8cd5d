/** What is announced about the declared attributes of users. */
import { event } from "../events/events.ts";
import type { UserAttribute } from "./standard.ts";

export const userAttributeCreated = event<UserAttribute>("gatehouse.user_attribute.created", "internal");
export const userAttributeUpdated = event<UserAttribute>("gatehouse.user_attribute.updated", "internal");
export const userAttributeDeleted = event<UserAttribute>("gatehouse.user_attribute.deleted", "internal");
