// The mapping functions as the rest of the program uses them.
import Domain
import Sync

/// Turns Buildium's JSON into records, and records into what Buildium takes.
public enum BuildiumMapping {
  /// What a body needs to be told beyond the record.
  public struct Options: Sendable, Hashable {
    /// The lease a new tenant moves in on.
    public var lease: RemoteKey?
    /// Whether a GL account that is a current asset is cash; no GET tells it.
    public var isCashAsset: Bool?
    /// A note for a task's history.
    public var message: String?
    /// Replace a bill whole (PUT) instead of changing what is given (PATCH).
    public var replacesBill = false

    /// Nothing beyond the record.
    public init() {}
  }

  /// The records of one object of a list; several for a GL account with sub-accounts.
  ///
  /// - Throws: ``ProviderError`` that names the record and the member that cannot be read.
  public static func records(_ resource: Resource, _ json: JSONValue) throws(ProviderError)
    -> [RemoteRecord]
  {
    try BuildiumProvider.records(resource, json)
  }

  /// The request that creates a record (`id` nil) or changes the fields `record` speaks of.
  ///
  /// - Parameter current: the answer of a GET made just before, from which everything the record
  ///   does not speak of is kept: Buildium's PUT clears what it is not given.
  /// - Throws: ``ProviderError``; `unsupported` for a resource that cannot be written.
  public static func body(
    for record: Record, id: String?, current: JSONValue?, options: Options = Options()
  ) throws(ProviderError) -> BuildiumBody {
    var body = try entityBody(for: record, id: id, current: current, options: options)
    let before = try current.map { json throws(ProviderError) in
      try BuildiumProvider.records(record.resource, json).first?.record
    }
    body.notWritten += untaken(
      record, isCreation: id == nil, before: (before ?? nil)?.fields ?? [:])
    body.notWritten.sort()
    return body
  }

  /// Fields that no member of a body carries and whose value is not what Buildium has.
  private static func untaken(
    _ record: Record, isCreation: Bool, before: FieldValues
  ) -> [String] {
    guard let mapping = mapping(record.resource) else { return [] }
    var carried = Set(mapping.members.map(\.field))
    if mapping.hasPhones { carried.formUnion(PhoneNumbers.kinds.map(\.field)) }
    switch record.resource {
    case .tasks:
      carried.formUnion(["assigned_to"])
      if record["task_type"].text != "ResidentRequest" { carried.insert("property_id") }
      // The collections of one type do not repeat the type.
      if isCreation || before["task_type"] ?? .null == .null { carried.insert("task_type") }
      if isCreation { carried.insert("lease_id") }
    case .leases where isCreation: carried.formUnion(["tenant_ids", "current_tenant_ids"])
    // Both follow from the lines.
    case .bills where isCreation || !record.lines.isEmpty:
      carried.formUnion(["amount", "property_id", "unit_id"])
    default: break
    }
    // What follows from other fields needs no mention where there was nothing before.
    if isCreation { carried.formUnion(["name", "contact_name", "rental_manager_name"]) }
    return record.fields.filter {
      !carried.contains($0.key) && $0.value != before[$0.key] ?? .null
    }.map(\.key)
  }

  /// The fields a body for an existing record carries; none for what cannot be written.
  static func writtenFields(of resource: Resource) -> Set<String> {
    guard let mapping = mapping(resource) else { return [] }
    var names = Set(mapping.members.filter { $0.write != nil }.map(\.field))
    if mapping.hasPhones { names.formUnion(PhoneNumbers.kinds.map(\.field)) }
    if resource == .tasks { names.formUnion(["assigned_to", "property_id"]) }
    return names
  }

  /// Members a body takes and no answer ever shows.
  static func unreadableMembers(of resource: Resource) -> Set<String> {
    var names = Set(
      (mapping(resource)?.members ?? []).filter(\.read.isEmpty).compactMap {
        $0.write?.joined(separator: ".")
      })
    if resource == .glAccounts { names.insert("IsCashAsset") }
    return names
  }

  private static func mapping(_ resource: Resource) -> EntityMapping? {
    switch resource {
    case .properties: PropertyMapping.mapping
    case .units: UnitMapping.mapping
    case .owners: OwnerMapping.mapping
    case .leases: LeaseMapping.mapping
    case .tenants: TenantMapping.mapping
    case .vendors: VendorMapping.mapping
    case .bills: BillMapping.mapping
    case .tasks: TaskMapping.mapping
    case .workOrders: WorkOrderMapping.mapping
    case .bankAccounts: BankAccountMapping.mapping
    case .glAccounts: GLAccountMapping.mapping
    default: nil
    }
  }

  private static func entityBody(
    for record: Record, id: String?, current: JSONValue?, options: Options
  ) throws(ProviderError) -> BuildiumBody {
    switch record.resource {
    case .properties: return try PropertyMapping.body(record, id: id, current: current)
    case .units: return try UnitMapping.body(record, id: id, current: current)
    case .owners: return try OwnerMapping.body(record, id: id, current: current)
    case .leases: return try LeaseMapping.body(record, id: id, current: current)
    case .tenants:
      return try TenantMapping.body(record, id: id, current: current, lease: options.lease)
    case .vendors: return try VendorMapping.body(record, id: id, current: current)
    case .bills:
      if options.replacesBill, let id, let current {
        return try BillMapping.replacement(record, id: id, current: current)
      }
      return try BillMapping.body(record, id: id, current: current)
    case .tasks:
      return try TaskMapping.body(record, id: id, current: current, message: options.message)
    case .workOrders: return try WorkOrderMapping.body(record, id: id, current: current)
    case .bankAccounts: return try BankAccountMapping.body(record, id: id, current: current)
    case .glAccounts:
      return try GLAccountMapping.body(
        record, id: id, current: current, isCashAsset: options.isCashAsset)
    default:
      throw ProviderError(
        .buildium, .unsupported, "\(record.resource.title) cannot be written through a mapping.")
    }
  }

  /// Where the fresh copy for `current` is read; tasks have a collection per type, which shows more
  /// than the list of all tasks does. Nil for what cannot be written.
  public static func path(of record: Record, id: String) -> String? {
    if record.resource == .tasks {
      return TaskMapping.collection(record["task_type"].text ?? "").map { "\($0)/\(id)" }
    }
    return BuildiumProvider.collection(record.resource).map { "\($0)/\(id)" }
  }
}
