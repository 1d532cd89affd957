/// What a record consists of where it is mirrored: the owners' base, which people read and link.
///
/// The store's own fields (``RecordSchema``) follow Buildium; these follow the tables of the base.
/// Some are derived (a person's name, a bill's status), which the engine does once, so that every
/// sink shows the same values. The record's key is not among them: every sink keeps it apart.
public enum MirrorSchema {
  /// The fields of a mirrored resource, the one people know a record by first; none for a resource
  /// that is not mirrored.
  public static func fields(of resource: Resource) -> [FieldDefinition] { all[resource] ?? [] }

  /// The definition of a field, or nil when the resource has none of that name.
  public static func field(_ name: String, of resource: Resource) -> FieldDefinition? {
    fields(of: resource).first { $0.name == name }
  }

  private static func fields(_ kind: FieldKind, _ names: String...) -> [FieldDefinition] {
    names.map { FieldDefinition($0, kind) }
  }

  private static let all: [Resource: [FieldDefinition]] = [
    .properties: [
      fields(.text, "name", "address", "city", "state", "postal_code", "country"),
      fields(.choice, "type"), fields(.integer, "unit_count", "year_built"),
      fields(.money, "reserve"), fields(.boolean, "is_active"), fields(.text, "manager"),
      fields(.references(.owners), "owner_ids"),
    ].flatMap(\.self),
    .units: [
      fields(.text, "unit_number"), fields(.reference(.properties), "property_id"),
      fields(.longText, "description"), fields(.money, "market_rent"),
      fields(.choice, "bedrooms", "bathrooms"), fields(.integer, "size"),
      fields(.boolean, "is_occupied"),
    ].flatMap(\.self),
    .owners: [
      fields(.text, "name", "first_name", "last_name", "company_name", "email", "phone"),
      fields(.boolean, "is_active"), fields(.date, "agreement_start", "agreement_end"),
    ].flatMap(\.self),
    .tenants: [
      fields(.text, "name", "first_name", "last_name", "email", "phone"),
      // The other end of a lease's `tenant_ids`; a sink that keeps both ends in step by itself does
      // not take it.
      fields(.references(.leases), "lease_ids"),
    ].flatMap(\.self),
    .leases: [
      fields(.text, "lease_number"), fields(.reference(.properties), "property_id"),
      fields(.reference(.units), "unit_id"), fields(.references(.tenants), "tenant_ids"),
      fields(.date, "start_date", "end_date"), fields(.choice, "status"),
      fields(.money, "rent", "deposit"),
    ].flatMap(\.self),
    .transactions: [
      fields(.date, "date"), fields(.choice, "type"), fields(.money, "amount"),
      fields(.longText, "memo"), fields(.references(.properties), "property_ids"),
      fields(.reference(.units), "unit_id"), fields(.reference(.leases), "lease_id"),
      fields(.references(.glAccounts), "gl_account_ids"), fields(.text, "reference"),
      fields(.choice, "payment_method"),
    ].flatMap(\.self),
    .bills: [
      fields(.date, "date", "due_date"), fields(.text, "vendor"), fields(.money, "amount"),
      fields(.longText, "memo"), fields(.text, "reference"),
      fields(.references(.properties), "property_ids"), fields(.choice, "status", "approval"),
      fields(.money, "paid_amount"),
      // One line of text per line of the bill: account number or name, amount, memo.
      fields(.longText, "lines"),
    ].flatMap(\.self),
    .glAccounts: [
      fields(.text, "name", "number"), fields(.choice, "type", "sub_type"),
      fields(.reference(.glAccounts), "parent_id"), fields(.boolean, "is_active"),
    ].flatMap(\.self),
    .rentPayments: [
      fields(.date, "date"), fields(.money, "amount"), fields(.reference(.leases), "lease_id"),
      fields(.reference(.units), "unit_id"), fields(.reference(.properties), "property_id"),
      // `kind` says what was paid: `Rent`, `Partial Rent`, `Late Fee`, … joined by ` + `.
      fields(.text, "tenant"), fields(.choice, "method", "kind"),
    ].flatMap(\.self),
    .noi: [
      fields(.choice, "month"), fields(.reference(.properties), "property_id"),
      fields(.reference(.owners), "owner_id"), fields(.choice, "basis"),
      fields(.money, "revenue", "operating_expenses", "noi"),
    ].flatMap(\.self),
    .ownerDraws: [
      fields(.choice, "month"), fields(.reference(.owners), "owner_id"),
      fields(.money, "noi_share", "reserve_held", "draw", "cumulative_draws", "available"),
      fields(.choice, "status"),
    ].flatMap(\.self),
  ]
}
