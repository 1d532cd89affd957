// Bills born as rows of the mirror: they become bills of ours, which wait for approval.
import Domain
import Storage

extension PostingWorker {
  /// Enters the bill a row asks for here, and puts it before an approver.
  func submit(_ row: BornRow, _ record: Record) throws(SyncError) -> TaskEnd? {
    let desk = CreateDesk(way: way, owner: self)
    switch try desk.twin(of: record, row) {
    case .failure(let error): return TaskEnd(error)
    case .success(let reason?):
      try refuse(row, reason)
      return nil
    case .success(nil): break
    }
    let (mirror, now) = (way.mirror.service, way.state.now)
    let refusal = try way.hub.write { (tables) throws(StorageError) -> Refusal? in
      guard let draft = try Self.draft(record, tables) else {
        return Refusal(
          "unknown", "The vendor, the property or an account is not known here yet; sync again.")
      }
      let refusal = try tables.records.submit(
        draft, bornAt: mirror, row.remoteID, fields: row.fields)
      if refusal == nil {
        // What it is told next is where the bill stands.
        var submitted = row
        submitted.state = .answered
        try tables.sync.keep(submitted, at: now)
      }
      return refusal
    }
    if let refusal {
      try refuse(row, refusal.sentences)
    } else {
      way.state.say(.info, "A bill of \(mirror.title) waits for its approval here.")
    }
    return nil
  }

  /// A bill in the words of the service, as one of ours; nil when it names a record that is not here.
  private static func draft(_ record: Record, _ tables: HubTables) throws(StorageError)
    -> BillDraft?
  {
    func id(_ value: FieldValue?) throws(StorageError) -> LocalID? {
      try value?.reference.flatMap { (key) throws(StorageError) in
        try tables.sync.source(key)?.localID
      }
    }
    guard let vendor = try id(record["vendor_id"]), let date = record["date"].date else {
      return nil
    }
    var draft = BillDraft(
      vendor: vendor, date: date, dueDate: record["due_date"].date,
      reference: record["reference_number"].text, memo: record["description"].text, lines: [])
    for line in record.lines {
      guard let account = try id(line["gl_account_id"]), let property = try id(line["property_id"]),
        let amount = line["amount"]?.money
      else { return nil }
      draft.lines.append(
        BillDraft.Line(
          property: property, account: account, amount: amount, memo: line["memo"]?.text))
    }
    return draft
  }

  /// Notes for every row whose bill is not at the service yet where the bill stands, so that it is
  /// told when that changed.
  func noteStandings() throws(SyncError) {
    let (mirror, table, now) = (way.mirror.service, table, way.state.now)
    let waits = try way.hub.read { (sync) throws(StorageError) in
      try !sync.bornBills(mirror).isEmpty
    }
    guard waits else { return }
    try way.hub.write { (tables) throws(StorageError) in
      for bill in try tables.sync.bornBills(mirror) {
        guard var row = try tables.sync.born(mirror, table.name, bill.remoteID),
          row.state == .answered || row.state == .refused
        else { continue }
        // A row that was refused says why, as long as its bill is the draft it was.
        if row.state == .refused, bill.state == .draft || bill.fields != row.fields { continue }
        let standing = bill.standing(at: way.writer.service)
        guard row.result != standing else { continue }
        (row.state, row.result, row.isTold) = (.answered, standing, false)
        try tables.sync.keep(row, at: now)
      }
    }
  }
}

extension BornBill {
  /// What its row is told.
  func standing(at service: Service) -> String {
    switch state {
    case nil: "The draft was deleted in Rentbook. Change the row to submit it again."
    case .draft: "It is a draft in Rentbook, and is not submitted."
    case .pendingApproval where isHeld:
      "It waits for approval in Rentbook, and was put aside there."
    case .pendingApproval where steps.hasPrefix("1"):
      "It waits for a second approval in Rentbook (\(steps))."
    case .pendingApproval: "It waits for approval in Rentbook."
    case .approved where !notSent.isEmpty: notSent
    case .approved: "\(by) approved it in Rentbook. It goes to \(service.title) next."
    case .rejected:
      "Rejected in Rentbook by \(by): \(Self.sentence(reason)) Change the row to submit it again."
    case .voided: "Voided in Rentbook by \(by): \(Self.sentence(reason))"
    }
  }

  private static func sentence(_ text: String) -> String {
    ".!?".contains(text.last ?? ".") ? text : text + "."
  }
}

extension BornRow {
  /// The row of a record that is there now, to be told so.
  func created(_ key: RemoteKey, _ day: CalendarDate) -> BornRow {
    var row = self
    (row.state, row.key, row.isTold) = (.created, key, false)
    row.result = "Posted to \(key.service.title) on \(day) as \(key)."
    return row
  }
}

extension TwoWay {
  /// A row of the mirror does not ask for a record any more, or is gone.
  func forget(
    _ remoteID: String, of table: ObservedTable, isGone: Bool, _ tables: HubTables
  ) throws(StorageError) {
    if table == .of(.bills) {
      try tables.records.withdraw(bornAt: mirror.service, remoteID, isGone: isGone)
    }
    try tables.sync.forgetBorn(mirror.service, table.name, remoteID)
  }
}
