import Background
import Domain
import Storage

/// The places at which a run can be cut off from the outside; tests cut it off at every one.
enum FaultPoint: String, Sendable {
  case beforeCommit, afterCommit, beforeSend, afterSend
}

/// The store as the engine uses it: errors in the engine's terms, and one place through which every
/// commit and every request goes.
struct Hub: Sendable {
  let store: Store
  /// The fencing token of this start.
  let epoch: Int64
  let source: Service
  let sink: Service
  let cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)?

  func read<Value>(
    _ body: (SyncState) throws(StorageError) -> Value
  ) throws(SyncError) -> Value {
    do throws(StorageError) {
      return try store.readSync(body)
    } catch {
      throw .store(error)
    }
  }

  /// One transaction: all of it, durably, or nothing.
  func write<Value>(
    _ body: (HubTables) throws(StorageError) -> Value
  ) throws(SyncError) -> Value {
    try reach(.beforeCommit)
    let value: Value
    do throws(StorageError) {
      value = try store.writeSync { (records) throws(StorageError) in
        try body(HubTables(records: records, source: source, sink: sink))
      }
    } catch {
      throw .store(error)
    }
    try reach(.afterCommit)
    return value
  }

  /// As ``write(_:)``, but nil when a rule of the store refuses what was to be written; then nothing
  /// of it was. `refusal` is told which rule.
  func writeIfAllowed<Value>(
    refusal: (String) -> Void = { _ in },
    _ body: (HubTables) throws(StorageError) -> Value
  ) throws(SyncError) -> Value? {
    try reach(.beforeCommit)
    let value: Value
    do throws(StorageError) {
      value = try store.writeSync { (records) throws(StorageError) in
        try body(HubTables(records: records, source: source, sink: sink))
      }
    } catch {
      guard error.kind == .constraint else { throw .store(error) }
      refusal(error.message)
      return nil
    }
    try reach(.afterCommit)
    return value
  }

  /// Passes a place at which a run can be cut off.
  func reach(_ point: FaultPoint) throws(SyncError) { try cut?(point) }
}

/// What became of the records of a page.
struct StoredCounts {
  var created = 0
  var updated = 0
  var unchanged = 0
  var deleted = 0
}

/// The records and the synchronization's rows within one transaction, with the rules that tie them:
/// a record that changed makes the mirrors dirty that show something of it.
struct HubTables {
  let records: SyncRecords
  let source: Service
  let sink: Service

  var sync: SyncState { records.sync }

  // MARK: Taking a record in

  /// Stores a record as its service gave it. Giving it again changes nothing.
  ///
  /// - Parameters:
  ///   - received: when the page came; nil during a first load, whose age says nothing.
  ///   - event: when the service says the change happened, where an event told of it.
  ///   - edited: when the latest event about the record says that it was changed.
  ///   - unseenSince: when the look before this one began, which did not show the change. Where
  ///     nothing says when the change happened, the middle between the two is taken.
  func take(
    _ record: RemoteRecord, run: Int, received: Instant?, event: Instant? = nil,
    edited: Instant? = nil, unseenSince: Instant? = nil, _ counts: inout StoredCounts
  ) throws(StorageError) {
    let base = BaseText.write(record.record)
    let hash = sync.hash(base)
    let known = try sync.source(record.key)
    if let known, !known.isGone, known.hash == hash, try hasSameSecrets(record.record, known) {
      try sync.see(record.key, run: run)
      counts.unchanged += 1
      return
    }
    let before = try known.flatMap { (row) throws(StorageError) in
      row.isGone ? nil : try records.record(record.key.resource, row.localID)
    }
    let stored = try records.store(record)
    try sync.agree(
      record.key, localID: stored, base: base, hash: hash,
      updatedAt: record.updatedAt, run: run, editedAfter: edited, at: records.now)
    let stages = received.map { received in
      let middle = unseenSince.map {
        $0.adding(milliseconds: max(0, received.milliseconds - $0.milliseconds) / 2)
      }
      let happened = event ?? record.updatedAt ?? middle ?? received
      return SinkRow.Stages(
        event: min(happened, received), received: received, stored: records.now)
    }
    if Resource.mirrored.contains(record.key.resource) {
      try sync.mark(sink, record.key, localID: stored, stages: stages)
    }
    if known?.isGone == true {
      try sync.touch(sink, .linking(record.key, stored), stages: stages)
    } else if known == nil, record.key.resource == .tenants {
      // The leases that came before their tenant; other links are mended when a pull ends.
      try sync.touch(sink, .listing(record.key), stages: stages)
    }
    try reach(record.key, stored, before: before, after: record.record, stages)
    if before == nil { counts.created += 1 } else { counts.updated += 1 }
  }

  /// Secrets stand in no fingerprint, which few digits could be guessed from; they are compared
  /// with what is stored.
  private func hasSameSecrets(_ record: Record, _ known: SourceRow) throws(StorageError) -> Bool {
    let sealed = RecordSchema.of(record.resource).fields.filter { $0.kind == .sealed }
    guard sealed.contains(where: { record.fields[$0.name] != nil }) else { return true }
    guard let stored = try records.record(record.resource, known.localID) else { return false }
    return sealed.allSatisfy { record.fields[$0.name] == nil || record[$0.name] == stored[$0.name] }
  }

  /// Notes that a record's service has it no longer.
  func drop(_ key: RemoteKey, at now: Instant) throws(StorageError) {
    guard let known = try sync.source(key), !known.isGone else { return }
    let before = try records.record(key.resource, known.localID)
    let stages = SinkRow.Stages(event: now, received: now, stored: records.now)
    try sync.markGone(key, at: now)
    if Resource.mirrored.contains(key.resource) {
      try sync.markForRemoval(sink, key.resource, localID: known.localID, stages: stages)
    }
    try records.remove(key.resource, known.localID)
    try sync.touch(sink, .linking(key, known.localID), stages: stages)
    try reach(key, known.localID, before: before, after: nil, stages)
  }

  /// Links that pointed to records which were not known then.
  func resolveLinks() throws(StorageError) {
    for (resource, id) in try records.resolveLinks() {
      try sync.touch(sink, .record(resource, id), stages: nil)
      if resource == .transactions { _ = try refreshRent(ofPayment: id, nil) }
    }
  }

  // MARK: Whose mirror shows something of it

  private func reach(
    _ key: RemoteKey, _ localID: LocalID, before: Record?, after: Record?,
    _ stages: SinkRow.Stages?
  ) throws(StorageError) {
    func touch(_ resource: Resource, _ field: String) throws(StorageError) {
      let ends = Set((before?[field].links ?? []) + (after?[field].links ?? []))
      for end in ends.sorted() {
        guard let id = try self.localID(end) else { continue }
        try sync.touch(sink, .record(resource, id), stages: stages)
      }
    }
    func isChanged(_ fields: String...) -> Bool {
      fields.contains { before?[$0] != after?[$0] }
    }
    switch key.resource {
    case .owners: try touch(.properties, "property_ids")
    case .units where isChanged("property_id"): try touch(.properties, "property_id")
    case .vendors:
      if before != nil, isChanged("name", "first_name", "last_name", "company_name", "is_company") {
        try sync.touch(sink, .billsOfVendor(localID), stages: stages)
      }
    case .billPayments: try touch(.bills, "bill_id")
    case .glAccounts:
      if before != nil, isChanged("name", "account_number", "type", "default_account_name") {
        try sync.touch(sink, .billsOnAccount(localID), stages: stages)
      }
      // An account renamed within its purpose changes no payment, and it may be on all of them.
      if before != nil, RentPayments.purpose(of: before) != RentPayments.purpose(of: after) {
        var seen: Set<LocalID> = []
        for payment in try sync.payments(touchingAccount: localID) where !seen.contains(payment) {
          seen.formUnion(try refreshRent(ofPayment: payment, stages))
        }
      }
    case .tenants:
      if isChanged("first_name", "last_name") {
        for lease in try sync.leases(ofTenant: localID) {
          guard let id = try self.localID(lease) else { continue }
          _ = try refreshRent(onLease: id, monthOf: nil, stages)
        }
      }
    case .leases:
      try touch(.tenants, "tenant_ids")
      if isChanged("rent", "current_tenant_ids", "tenant_ids") {
        _ = try refreshRent(onLease: localID, monthOf: nil, stages)
      }
    case .transactions:
      if after.map(RentPayments.isPayment) != true {
        try drop(RemoteKey(source, .rentPayments, key.id), at: records.now)
      }
      for record in [before, after].compactMap(\.self) where RentPayments.isPayment(record) {
        if let lease = try self.localID(record["lease_id"].reference),
          let date = record["date"].date
        {
          _ = try refreshRent(onLease: lease, monthOf: date, stages)
        }
      }
      // On a lease that is not known, or without a day: it is recorded for itself.
      if let after, try self.localID(after["lease_id"].reference) == nil || after["date"].isNull {
        try takeRent([(key, after)], terms: nil, stages)
      }
    default: break
    }
  }

  /// Makes the rent payment of a transaction anew, with the others of its month; which transactions
  /// were looked at.
  private func refreshRent(
    ofPayment id: LocalID, _ stages: SinkRow.Stages?
  ) throws(StorageError) -> [LocalID] {
    guard let record = try records.record(.transactions, id), RentPayments.isPayment(record),
      let remoteID = try sync.remoteID(source, .transactions, of: id)
    else { return [id] }
    if let lease = try localID(record["lease_id"].reference), let date = record["date"].date {
      return try refreshRent(onLease: lease, monthOf: date, stages)
    }
    try takeRent([(RemoteKey(source, .transactions, remoteID), record)], terms: nil, stages)
    return [id]
  }

  /// Makes the rent payments of a lease anew, of one month or of all: what one of them is called
  /// depends on the others of its month and on the lease. Which transactions were looked at.
  private func refreshRent(
    onLease lease: LocalID, monthOf date: CalendarDate?, _ stages: SinkRow.Stages?
  ) throws(StorageError) -> [LocalID] {
    let from = date.flatMap { CalendarDate(year: $0.year, month: $0.month, day: 1) }
    let to = from.map { $0.adding(days: CalendarDate.daysInMonth(year: $0.year, month: $0.month)) }
    let ids = try sync.payments(
      onLease: lease, from: from ?? Self.firstDay, to: to ?? Self.lastDay)
    guard !ids.isEmpty else { return [] }
    var payments: [(key: RemoteKey, record: Record)] = []
    for id in ids {
      guard let record = try records.record(.transactions, id),
        let remoteID = try sync.remoteID(source, .transactions, of: id)
      else { continue }
      payments.append((RemoteKey(source, .transactions, remoteID), record))
    }
    let key = try sync.remoteID(source, .leases, of: lease).map { RemoteKey(source, .leases, $0) }
    try takeRent(
      payments, terms: try key.flatMap { (key) throws(StorageError) in try known(key) }, stages)
    return ids
  }

  /// Stores the rent payments made from the tenants' payments of one lease.
  private func takeRent(
    _ payments: [(key: RemoteKey, record: Record)], terms: Record?, _ stages: SinkRow.Stages?
  ) throws(StorageError) {
    var accounts: [RemoteKey: RentPayments.Account] = [:]
    for (_, record) in payments {
      for account in record.lines.flatMap({ $0["gl_account_id"]?.links ?? [] })
      where accounts[account] == nil {
        guard let id = try localID(account), let found = try records.record(.glAccounts, id)
        else { continue }
        accounts[account] = RentPayments.Account(found)
      }
    }
    var paid: [Month: Money] = [:]
    for payment in payments {
      paid[Month(payment.record["date"].date), default: .zero] +=
        RentPayments.rent(in: payment.record, accounts: accounts)
    }
    let tenant = try terms.flatMap { (terms) throws(StorageError) in try tenantNames(terms) }
    for payment in payments {
      let row = RentPayments.row(
        for: payment.record, key: payment.key, tenant: tenant, accounts: accounts,
        rentInMonth: paid[Month(payment.record["date"].date)] ?? .zero,
        rentDue: terms?["rent"].money)
      guard let row else { continue }
      var counts = StoredCounts()
      try take(row, run: 0, received: stages?.received, &counts)
    }
  }

  private struct Month: Hashable {
    var year: Int
    var month: Int
    init(_ date: CalendarDate?) { (year, month) = (date?.year ?? 0, date?.month ?? 0) }
  }

  private static let firstDay = CalendarDate("0001-01-01") ?? CalendarDate(daysSince1970: 0)
  private static let lastDay = CalendarDate("9999-12-31") ?? CalendarDate(daysSince1970: 0)

  private func tenantNames(_ lease: Record) throws(StorageError) -> String? {
    let current = lease["current_tenant_ids"].links
    var names: [String] = []
    for tenant in current.isEmpty ? lease["tenant_ids"].links : current {
      guard let record = try known(tenant), let name = Projection.personName(record) else {
        continue
      }
      names.append(name)
    }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }

  /// Bills become overdue by the calendar alone: those that fell due since the last run are looked
  /// at again.
  func markBillsThatFellDue(by today: CalendarDate) throws(StorageError) {
    let last = try sync.memory(.rentbook, Self.dueMemory).flatMap { CalendarDate($0) }
    guard last != today else { return }
    if let last, last < today {
      // Due on the last day looked at: not late then, late now.
      try sync.touch(sink, .billsDue(from: last, to: today), stages: nil)
    } else {
      try sync.touch(sink, .billsDue(from: Self.firstDay, to: Self.lastDay), stages: nil)
    }
    try sync.remember(.rentbook, Self.dueMemory, today.description)
  }

  private static let dueMemory = "bills_due_looked_at"

  // MARK: Mirrors

  /// What a sink should hold of a record; nil when the record is not in the store.
  func mirror(
    _ resource: Resource, _ id: LocalID, key: RemoteKey, today: CalendarDate
  ) throws(StorageError) -> Record? {
    guard let record = try records.record(resource, id) else { return nil }
    var near = Neighbours()
    near.today = today
    switch resource {
    case .properties:
      near.owners = try sync.owners(ofProperty: id)
      if record["total_units"].isNull { near.unitCount = try sync.unitCount(ofProperty: id) }
    case .tenants: near.leases = try sync.leases(ofTenant: id)
    case .bills:
      if let vendor = try localID(record["vendor_id"].reference),
        let found = try records.record(.vendors, vendor)
      {
        near.vendor = found["name"].text ?? Projection.personName(found)
      }
      near.approval = try sync.approval(ofBill: id)
      near.paid = try sync.paid(onBill: id)
      near.settled = near.paid + (try sync.applied(toBill: id))
      for account in record.lines.flatMap({ $0["gl_account_id"]?.links ?? [] })
      where near.accounts[account] == nil {
        guard let id = try localID(account), let found = try records.record(.glAccounts, id)
        else { continue }
        near.accounts[account] = [found["account_number"].text, found["name"].text]
          .compactMap(\.self).joined(separator: " ")
      }
    default: break
    }
    return Projection.project(record, key: key, beside: near)
  }

  /// What is known of the other end of a link at a sink.
  func linkEnd(_ link: RemoteKey, at sink: Service) throws(StorageError) -> RowPlan.LinkEnd {
    guard let source = try sync.source(link), !source.isGone,
      let row = try sync.sink(sink, link.resource, localID: source.localID), !row.isGone
    else { return .unknown }
    if let remoteID = row.remoteID, row.waiting != .missing { return .there(remoteID) }
    switch row.waiting {
    case .refused, .duplicate, .missing, .discarded, .parent: return .blocked
    case .links, nil: return .coming
    }
  }

  /// A record its service still has, or nil.
  private func known(_ key: RemoteKey) throws(StorageError) -> Record? {
    guard let row = try sync.source(key), !row.isGone else { return nil }
    return try records.record(key.resource, row.localID)
  }

  private func localID(_ key: RemoteKey?) throws(StorageError) -> LocalID? {
    guard let key else { return nil }
    return try sync.source(key)?.localID
  }
}
