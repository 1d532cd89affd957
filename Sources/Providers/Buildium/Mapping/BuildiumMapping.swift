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
