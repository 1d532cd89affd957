// Pulling what can only be read through a parent: payments of a bill, the ledger of a lease, credits
// of a vendor, the history of a task and its files.
//
// A whole pull visits every parent that is known, a pull of changes only parents that changed.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// So many parents are visited for one page.
  static let parentsPerPage = 40

  /// The rows of one parent; none when it is gone.
  private func children(_ path: String, _ pull: Pull, _ query: [QueryItem] = [])
    throws(ProviderError) -> [JSONValue]
  {
    do {
      return try api.all(path, query, cancellation: pull.cancellation)
    } catch  where error.kind == .notFound {
      return []
    }
  }

  /// A page made from the next parents in order.
  private func parentPage(
    _ pull: Pull, _ stored: BuildiumCursor?, parents: [String],
    _ read: @escaping @Sendable (String) throws(ProviderError) -> [RemoteRecord]
  ) throws(ProviderError) -> Page {
    var cursor = stored ?? BuildiumCursor()
    let left = inOrder(parents).filter { isAfter($0, cursor.after) }
    let chosen = Array(left.prefix(Self.parentsPerPage))
    let records = try together(chosen, read).flatMap(\.self)
    cursor.after = chosen.last ?? cursor.after
    return Page(
      records, next: left.count > chosen.count ? cursor.text : nil,
      isComplete: pull.request.changedSince == nil)
  }

  private func parents(_ pull: Pull, _ parent: Resource) throws(ProviderError) -> [String] {
    if pull.request.changedSince == nil { return try pull.context.knownIDs(of: parent) }
    return try pull.context.changedIDs(of: parent, since: pull.request.resource)
  }

  // MARK: Payments of bills

  func billPaymentPage(_ pull: Pull, _ cursor: inout BuildiumCursor?) throws(ProviderError) -> Page
  {
    try parentPage(pull, cursor, parents: try parents(pull, .bills)) {
      bill throws(ProviderError) in
      let rows = try children("\(BillMapping.collection)/\(bill)/payments", pull)
      var records: [RemoteRecord] = []
      for row in rows {
        records.append(
          try billPayment(row, bill: bill, pull.context, pull.cancellation))
      }
      return records
    }
  }

  /// The row of a payment for one of its bills; other bills of the same payment are looked up to
  /// divide it.
  func billPayment(
    _ row: JSONValue, bill: String, _ context: any PullContext, _ cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord {
    var ids = try BillPaymentMapping.billIDs(row)
    if !ids.contains(bill) { ids.append(bill) }
    guard ids.count > 1 else {
      return try BillPaymentMapping.record(row, bill: bill, bills: [.init(id: bill, lines: [])])
    }
    var bills: [BillPaymentMapping.PaidBill] = []
    for id in ids {
      let key = RemoteKey(.buildium, .bills, id)
      var record = try context.record(key)
      if record == nil {
        record = try self.record(.bills, id: id, context: context, cancellation: cancellation)?
          .record
      }
      bills.append(.init(id: id, lines: record?.lines ?? []))
    }
    return try BillPaymentMapping.record(row, bill: bill, bills: bills)
  }

  // MARK: Ledgers of leases

  /// Lease ledgers cost a request per lease. Whatever stands in one is a GL transaction too, so only
  /// leases that a GL transaction names are read, or a ledger entry that may have gone; later only
  /// those that a changed one names.
  func leaseTransactionPage(_ pull: Pull, _ cursor: inout BuildiumCursor?) throws(ProviderError)
    -> Page
  {
    var leases: Set<String> = []
    if pull.request.changedSince == nil {
      for referrer in [Resource.transactions, .leaseTransactions] {
        leases.formUnion(
          try pull.context.namedIDs(of: .leases, by: referrer, field: "lease_id"))
      }
    } else {
      for id in try pull.context.changedIDs(of: .transactions, since: .leaseTransactions) {
        let record = try pull.context.record(RemoteKey(.buildium, .transactions, id))
        if let lease = record?["lease_id"].reference { leases.insert(lease.id) }
      }
    }
    return try parentPage(pull, cursor, parents: Array(leases)) { lease throws(ProviderError) in
      var records: [RemoteRecord] = []
      for row in try children("\(LeaseMapping.collection)/\(lease)/transactions", pull) {
        records.append(try LeaseTransactionMapping.record(row, lease: lease))
      }
      return records
    }
  }

  // MARK: Credits of vendors

  /// Credits have no list. A GL transaction of that type has the credit's id and names the vendor.
  func vendorCreditPage(_ pull: Pull, _ stored: inout BuildiumCursor?) throws(ProviderError) -> Page
  {
    var cursor = stored ?? BuildiumCursor()
    var chosen: [Credit] = []
    var hasMore = false
    for id in inOrder(try parents(pull, .transactions)) where isAfter(id, cursor.after) {
      if chosen.count == Self.parentsPerPage {
        hasMore = true
        break
      }
      cursor.after = id
      guard let record = try pull.context.record(RemoteKey(.buildium, .transactions, id)),
        record["transaction_type"].text == "VendorCredit"
      else { continue }
      var vendor: String?
      if record["payee_type"].text == "Vendor" {
        vendor = record["payee_id"].integer.map { "\($0)" }
      }
      chosen.append(Credit(id: id, vendor: vendor, date: record["date"].date))
    }
    try findVendors(of: &chosen, pull)
    let found = try together(chosen) { credit throws(ProviderError) -> [RemoteRecord] in
      guard let vendor = credit.vendor else { return [] }
      return try vendorCredit(credit.id, vendor: vendor, pull.cancellation).map { [$0] } ?? []
    }
    let isWhole = chosen.allSatisfy { $0.vendor != nil }
    cursor.isWhole = cursor.isWhole && isWhole
    return Page(
      found.flatMap(\.self), next: hasMore ? cursor.text : nil,
      isComplete: pull.request.changedSince == nil && cursor.isWhole)
  }

  private struct Credit: Sendable {
    let id: String
    var vendor: String?
    let date: CalendarDate?
  }

  private func vendorCredit(_ id: String, vendor: String, _ cancellation: Cancellation)
    throws(ProviderError) -> RemoteRecord?
  {
    do {
      let json = try api.get(
        "\(VendorMapping.collection)/\(vendor)/credits/\(id)", cancellation: cancellation
      ).json
      return try VendorCreditMapping.record(json, vendor: vendor)
    } catch  where error.kind == .notFound {
      return nil
    }
  }

  /// Where a transaction names no vendor, the vendors' own lists for its day are searched.
  private func findVendors(of credits: inout [Credit], _ pull: Pull) throws(ProviderError) {
    guard credits.contains(where: { $0.vendor == nil }) else { return }
    let vendors = inOrder(try pull.context.knownIDs(of: .vendors))
    for index in credits.indices where credits[index].vendor == nil {
      guard let day = credits[index].date?.description else { continue }
      let query: [QueryItem] = [
        ("transactiondatefrom", day), ("transactiondateto", day),
        ("transactiontypes", "VendorCredit"),
      ]
      let id = credits[index].id
      let owners = try together(vendors) { vendor throws(ProviderError) -> Bool in
        let rows = try children("\(VendorMapping.collection)/\(vendor)/transactions", pull, query)
        return rows.contains { $0["Id"]?.int.map(String.init) == id }
      }
      credits[index].vendor = zip(vendors, owners).first { $0.1 }?.0
    }
  }

  // MARK: History of tasks

  func taskHistoryPage(_ pull: Pull, _ cursor: inout BuildiumCursor?) throws(ProviderError) -> Page
  {
    try parentPage(pull, cursor, parents: try parents(pull, .tasks)) { task throws(ProviderError) in
      var records: [RemoteRecord] = []
      for row in try children("/v1/tasks/\(task)/history", pull) {
        records.append(try TaskHistoryMapping.record(row, task: task))
      }
      return records
    }
  }

  /// What is known about the files of history entries; their contents are never fetched.
  func taskFilePage(_ pull: Pull, _ cursor: inout BuildiumCursor?) throws(ProviderError) -> Page {
    try parentPage(pull, cursor, parents: try parents(pull, .taskHistory)) {
      entry throws(ProviderError) in
      let history = try pull.context.record(RemoteKey(.buildium, .taskHistory, entry))
      guard let task = history?["task_id"].reference?.id else { return [] }
      var records: [RemoteRecord] = []
      for row in try children("/v1/tasks/\(task)/history/\(entry)/files", pull) {
        records.append(try TaskHistoryMapping.file(row, history: entry))
      }
      return records
    }
  }
}
