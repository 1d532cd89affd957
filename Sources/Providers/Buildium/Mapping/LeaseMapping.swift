// Leases.
import Domain
import Sync

/// A lease.
enum LeaseMapping {
  static let collection = "/v1/leases"
  /// How many tenants a new lease may name.
  static let tenantsMax = 5
  static let mapping = EntityMapping(
    .leases, "Lease",
    [
      .read("propertyId", "PropertyId"), .both("unitId", "UnitId", required: true),
      .read("unit_number", "UnitNumber"), .both("startDate", "LeaseFromDate", required: true),
      .both("endDate", "LeaseToDate"), .read("status", "LeaseStatus"),
      .both("lease_type", "LeaseType", required: true), .read("term_type", "TermType"),
      .read("renewal_offer_status", "RenewalOfferStatus"),
      .read("rent", "AccountDetails.Rent"), .read("depositAmt", "AccountDetails.SecurityDeposit"),
      .read("payment_due_day", "PaymentDueDay"),
      .both("is_eviction_pending", "IsEvictionPending", required: true),
      .both("automatically_move_out_tenants", "AutomaticallyMoveOutTenants"),
      .read("current_number_of_occupants", "CurrentNumberOfOccupants"),
      .read("buildium_created_at", "CreatedDateTime"),
      .read("buildium_updated_at", "LastUpdatedDateTime"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json, updatedAt: "buildium_updated_at")
    let (tenants, current) = try tenantFields(json)
    remote.record["tenant_ids"] = tenants
    remote.record["current_tenant_ids"] = current
    return remote
  }

  private static func tenantFields(_ json: JSONValue) throws(ProviderError)
    -> (tenants: FieldValue, current: FieldValue)
  {
    let wire = try Wire(json, titled: "Lease")
    let current = try wire.references(.tenants, "CurrentTenants")
    let ever = try wire.references(.tenants, "Tenants")
    return (.references(canonical: ever + current), .references(canonical: current))
  }

  /// The body for a lease. Rent, deposit and people change through requests of their own once the
  /// lease exists; no welcome e-mail is ever sent.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    if current == nil { addNew(record, to: &builder) }
    if builder["LeaseType"]?.string == "AtWill" { builder.remove("LeaseToDate") }
    if builder["LeaseType"]?.string == "None" {
      builder.problems.append(
        "Lease: Buildium shows its type as None, which it does not take back; set the lease type"
          + " to Fixed, FixedWithRollover or AtWill.")
    }
    return builder.body(collection, id: id)
  }

  private static func addNew(_ record: Record, to builder: inout BodyBuilder) {
    // A POST does not know these two; a new lease has no eviction.
    builder.remove("IsEvictionPending")
    builder.remove("AutomaticallyMoveOutTenants")
    builder.problems.removeAll { $0.contains("is eviction pending") }
    builder.set("SendWelcomeEmail", false)
    let tenants = record["tenant_ids"].links
    if tenants.count > tenantsMax {
      builder.problems.append(
        "Lease: \(tenants.count) tenants; Buildium takes at most \(tenantsMax) with a new lease.")
    }
    if !tenants.isEmpty { builder.set("TenantIds", record["tenant_ids"].wire) }
    if let deposit = record["depositAmt"].money, deposit > .zero {
      builder.set(["SecurityDeposit", "DueDate"], record["startDate"].wire)
      builder.set(["SecurityDeposit", "Amount"], FieldValue.money(deposit).wire)
      builder.notWritten.removeAll { $0 == "depositAmt" }
    }
  }
}
