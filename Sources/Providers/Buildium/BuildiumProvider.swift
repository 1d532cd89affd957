// Buildium as a source of records.
import Background
import Domain
import HTTP
import Sync

/// Reads every resource Buildium has.
public struct BuildiumProvider: SourceProvider {
  let api: BuildiumAPI
  let clock: any Clock
  /// Which transactions a running pull has shown, so that one that stands in several groups of
  /// accounts is shown once.
  let shown = ShownTransactions()

  /// A provider over a client.
  public init(api: BuildiumAPI, clock: any Clock) { (self.api, self.clock) = (api, clock) }

  /// Buildium.
  public var service: Service { .buildium }

  /// What Buildium offers for a resource.
  ///
  /// Collections that can only be read through a parent count as incremental: asked for changes,
  /// only parents that changed are visited.
  public func capabilities(of resource: Resource) -> Capabilities {
    switch resource {
    case .properties, .units, .tenants, .leases, .vendors:
      Capabilities(reading: .incremental(grain: .second), isWritable: true, hasEvents: true)
    case .owners: Capabilities(reading: .incremental(grain: .second), isWritable: true)
    case .glAccounts, .bankAccounts, .bills: Capabilities(isWritable: true, hasEvents: true)
    case .vendorCategories, .taskCategories, .deposits, .bankTransactions:
      Capabilities(hasEvents: true)
    case .tasks, .workOrders:
      Capabilities(reading: .incremental(grain: .day), isWritable: true, hasEvents: true)
    case .transactions: Capabilities(reading: .incremental(grain: .second))
    case .billPayments, .vendorCredits, .leaseTransactions, .taskHistory:
      Capabilities(reading: .incremental(grain: .second), hasEvents: true)
    case .taskHistoryFiles: Capabilities(reading: .incremental(grain: .second))
    case .rentPayments, .noi, .ownerDraws: Capabilities(reading: .none)
    }
  }

  /// Asks for the account; a key without that permission is tried on the properties.
  public func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    do {
      let account = try api.get("/v1/administration/account", cancellation: cancellation).json
      let wire = try Wire(account, "The account")
      let name = try wire.text("CompanyName") ?? "Buildium account"
      let basis = try wire.text("AccountingSettings", "DefaultAccountingBasis")
      return basis.map { "\(name), \($0.lowercased()) basis" } ?? name
    } catch  where error.kind == .forbidden {
      _ = try api.list("/v1/rentals", limit: 1, cancellation: cancellation)
      return "The key is accepted; it may not read Administration > Account Information."
    }
  }

  /// As the protocol says.
  public var clockLeadMilliseconds: Int64? { api.clockLeadMilliseconds }

  /// One page; see ``SourceProvider``.
  public func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page {
    let pull = Pull(request: request, context: context, cancellation: cancellation)
    var cursor = try request.cursor.map { text throws(ProviderError) in try BuildiumCursor(text) }
    guard !cancellation.isCancelled else {
      throw ProviderError(.buildium, .cancelled, "The pull was stopped.")
    }
    switch request.resource {
    case .bills: return try billPage(pull, &cursor)
    case .transactions: return try transactionPage(pull, &cursor)
    case .bankTransactions, .deposits: return try bankPage(pull, &cursor)
    case .billPayments: return try billPaymentPage(pull, &cursor)
    case .leaseTransactions: return try leaseTransactionPage(pull, &cursor)
    case .vendorCredits: return try vendorCreditPage(pull, &cursor)
    case .taskHistory: return try taskHistoryPage(pull, &cursor)
    case .taskHistoryFiles: return try taskFilePage(pull, &cursor)
    default: return try listPage(pull, &cursor)
    }
  }

  // MARK: Plain lists

  /// A list that is one slice.
  private func listPage(_ pull: Pull, _ stored: inout BuildiumCursor?) throws(ProviderError)
    -> Page
  {
    let resource = pull.request.resource
    guard let path = Self.collection(resource) else {
      throw ProviderError(
        .buildium, .unsupported, "Buildium has no collection of \(resource.title.lowercased()).")
    }
    var cursor = stored ?? BuildiumCursor()
    var query: [QueryItem] = []
    if let since = pull.request.changedSince {
      switch capabilities(of: resource).reading {
      case .incremental(.second): query.append(("lastupdatedfrom", since.secondsText))
      case .incremental(.day): query.append(("lastupdatedfrom", since.date.description))
      case .sweep, .none: break
      }
    }
    let (rows, total) = try rows(path, query, &cursor, pull.cancellation)
    var records: [RemoteRecord] = []
    records.reserveCapacity(rows.count)
    for row in rows { records += try Self.records(resource, row) }
    let isFull = pull.request.changedSince == nil || query.isEmpty
    return Page(
      records, next: cursor.isSliceDone ? nil : cursor.text, total: total,
      isComplete: isFull && cursor.isWhole)
  }

  /// Where a resource that has a list of its own is found.
  static func collection(_ resource: Resource) -> String? {
    switch resource {
    case .glAccounts: GLAccountMapping.collection
    case .bankAccounts: BankAccountMapping.collection
    case .owners: OwnerMapping.collection
    case .properties: PropertyMapping.collection
    case .units: UnitMapping.collection
    case .tenants: TenantMapping.collection
    case .leases: LeaseMapping.collection
    case .vendorCategories: VendorCategoryMapping.collection
    case .vendors: VendorMapping.collection
    case .taskCategories: TaskCategoryMapping.collection
    case .tasks: "/v1/tasks"
    case .workOrders: WorkOrderMapping.collection
    case .bills: BillMapping.collection
    case .transactions: TransactionMapping.collection
    default: nil
    }
  }

  /// The records of one row; several for a GL account with sub-accounts.
  static func records(_ resource: Resource, _ row: JSONValue) throws(ProviderError)
    -> [RemoteRecord]
  {
    switch resource {
    case .glAccounts: try GLAccountMapping.records(row)
    case .bankAccounts: [try BankAccountMapping.record(row)]
    case .owners: [try OwnerMapping.record(row)]
    case .properties: [try PropertyMapping.record(row)]
    case .units: [try UnitMapping.record(row)]
    case .tenants: [try TenantMapping.record(row)]
    case .leases: [try LeaseMapping.record(row)]
    case .vendorCategories: [try VendorCategoryMapping.record(row)]
    case .vendors: [try VendorMapping.record(row)]
    case .taskCategories: [try TaskCategoryMapping.record(row)]
    case .tasks: [try TaskMapping.record(row)]
    case .workOrders: [try WorkOrderMapping.record(row)]
    case .bills: [try BillMapping.record(row)]
    case .transactions: [try TransactionMapping.record(row)]
    default:
      throw ProviderError(
        .buildium, .unsupported, "\(resource.title) are read only through their parents.")
    }
  }
}

/// What a page is made for.
struct Pull: Sendable {
  let request: PullRequest
  let context: any PullContext
  let cancellation: Cancellation
}
