/** From rows to the contract's message of a domain. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type DomainSchema,
  DomainType,
  VerificationMethod,
  VerificationStatus,
} from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import type * as domains from "./domains.ts";

export function toDomain(row: domains.Domain): MessageInitShape<typeof DomainSchema> {
  return {
    id: row.id,
    domain: row.domain,
    environmentId: row.environment_id,
    organizationId: row.organization_id,
    txtRecordKey: row.txt_record_key,
    txtRecordSecret: row.txt_record_secret,
    verificationStatus: VerificationStatus[row.verification_status as keyof typeof VerificationStatus],
    verificationMethod: VerificationMethod[row.verification_method as keyof typeof VerificationMethod],
    domainType: DomainType[row.type as keyof typeof DomainType],
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
  };
}

/** As a list shows it that was not asked for the records. */
export function withoutRecord(row: domains.Domain): MessageInitShape<typeof DomainSchema> {
  return { ...toDomain(row), txtRecordKey: "", txtRecordSecret: "" };
}
