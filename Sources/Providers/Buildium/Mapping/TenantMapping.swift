// Tenants.
import Domain
import Sync

/// A tenant.
enum TenantMapping {
  static let collection = "/v1/leases/tenants"
  static let mapping = EntityMapping(
    .tenants, "Tenant",
    [
      .both("first_name", "FirstName", limit: 127, required: true),
      .both("last_name", "LastName", limit: 127, required: true), .both("email", "Email"),
      .both("alternate_email", "AlternateEmail"),
      .both("mailing_preference", "MailingPreference"),
      .read("sms_opt_in_status", "SMSOptInStatus"), .both("date_of_birth", "DateOfBirth"),
      .both("tax_id", "TaxId"), .both("comment", "Comment", limit: 65_535),
      .both("emergency_contact_name", "EmergencyContact.Name"),
      .both("emergency_contact_relationship", "EmergencyContact.RelationshipDescription"),
      .both("emergency_contact_phone", "EmergencyContact.Phone"),
      .both("emergency_contact_email", "EmergencyContact.Email"),
      .read("buildium_created_at", "CreatedDateTime"),
    ], Member.address(), Member.address("AlternateAddress", prefix: "alternate_"),
    hasPhones: true)

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }

  /// The body for a tenant.
  ///
  /// - Parameter lease: the lease a new tenant moves in on; Buildium has no tenant without one.
  static func body(
    _ record: Record, id: String?, current: JSONValue?, lease: RemoteKey? = nil
  ) throws(ProviderError) -> BuildiumBody {
    var builder = try mapping.body(record, current: current)
    builder.settleAddress(isRequired: true, words: "the address")
    builder.settleAddress("AlternateAddress", isRequired: false, words: "the alternate address")
    builder.settle("EmergencyContact", words: "the emergency contact")
    if id == nil {
      if let lease {
        builder.set("LeaseId", .number(lease.id))
      } else {
        builder.problems.append("Tenant: a new tenant must be added to a lease.")
      }
    }
    return builder.body(collection, id: id)
  }
}
