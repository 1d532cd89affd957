// Bills that were entered as rows of a mirror: they are bills of ours, and leave once they are
// approved like any other.
import Domain

/// A bill that was made of a mirror's row, until Buildium has it and the row is its mirror.
public struct BornBill: Sendable, Hashable {
  /// The mirror's id of the row.
  public var remoteID: String
  /// The bill's id in the store.
  public var bill: LocalID
  /// What the row held when the bill was made of it, as JSON.
  public var fields: String
  /// Where the bill stands; nil when it was deleted here.
  public var state: BillState?
  /// Who brought it there.
  public var by: String
  /// Why it was rejected or voided; empty for other states.
  public var reason: String
  /// Approvals so far and needed: `1/2`.
  public var steps: String
  /// Whether it was put aside.
  public var isHeld: Bool
  /// Why Buildium did not take it after it was approved; empty when nothing is known against it.
  public var notSent: String
}

extension SyncState {
  /// The bills of a mirror's rows that are not at Buildium yet.
  public func bornBills(_ mirror: Service) throws(StorageError) -> [BornBill] {
    var bills = try connection.rows(
      """
      SELECT n.remote_id, n.bill_id, n.fields, w.state,
        COALESCE(CASE w.state WHEN 'approved' THEN w.approved_by WHEN 'rejected' THEN w.rejected_by
          WHEN 'voided' THEN w.voided_by ELSE w.edited_by END, ''),
        COALESCE(CASE w.state WHEN 'rejected' THEN w.rejection_reason
          WHEN 'voided' THEN w.void_reason END, ''),
        h.bill_id IS NOT NULL, COALESCE(r.result, '')
      FROM born_bills n LEFT JOIN bills b ON b.id = n.bill_id AND b.deleted_at IS NULL
      LEFT JOIN bill_workflow w ON w.bill_id = b.id LEFT JOIN bill_holds h ON h.bill_id = b.id
      LEFT JOIN born_rows r ON r.service = $2 AND r.table_name = 'bills' AND r.remote_id = n.bill_id
        AND r.state = 'refused'
      WHERE n.service = $1 ORDER BY n.remote_id
      """, .text(mirror.rawValue), .text(Service.rentbook.rawValue)
    ) { row throws(StorageError) in
      BornBill(
        remoteID: row.text(0), bill: row.localID(1), fields: row.text(2),
        state: row.optionalText(3).flatMap { BillState(rawValue: $0) }, by: row.text(4),
        reason: row.text(5), steps: "", isHeld: row.bool(6), notSent: row.text(7))
    }
    let rows = try BillReader(connection: connection, asOf: .distantPast).rows(
      bills.filter { $0.state == .pendingApproval }.map(\.bill))
    let steps = Dictionary(uniqueKeysWithValues: rows.map { ($0.localID, $0.approvalSteps) })
    for index in bills.indices { bills[index].steps = steps[bills[index].bill] ?? "" }
    return bills
  }

  /// Whether a bill that Buildium has under the key was there, for everybody to see, before this one
  /// was approved: then the approval meant them both.
  public func wasKnown(_ key: RemoteKey, whenApproved bill: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM bills t, bill_workflow w
      WHERE t.buildium_bill_id = $1 AND w.bill_id = $2 AND t.created_at <= w.approved_at
      """, Int64(key.id).map { .integer($0) }, .local(bill)
    ) { _ throws(StorageError) in true } ?? false
  }
}

extension SyncRecords {
  private func writer(for mirror: Service) -> BillWriter {
    // Whoever writes a row there may ask, and decides nothing.
    BillWriter(
      transaction: transaction, standIn: Actor(name: mirror.rawValue, role: .manager))
  }

  private func born(_ mirror: Service, _ remoteID: String) throws(StorageError) -> (
    bill: LocalID, fields: String
  )? {
    try transaction.connection.row(
      "SELECT bill_id, fields FROM born_bills WHERE service = $1 AND remote_id = $2",
      .text(mirror.rawValue), .text(remoteID)
    ) { row throws(StorageError) in (row.localID(0), row.text(1)) }
  }

  private func keep(_ mirror: Service, _ remoteID: String, _ bill: LocalID, _ fields: String)
    throws(StorageError)
  {
    try transaction.connection.run(
      """
      INSERT INTO born_bills (service, remote_id, bill_id, fields) VALUES ($1, $2, $3, $4)
      ON CONFLICT (service, remote_id) DO UPDATE SET bill_id = excluded.bill_id,
        fields = excluded.fields
      """, .text(mirror.rawValue), .text(remoteID), .local(bill), .text(fields))
  }

  private func forget(_ mirror: Service, _ remoteID: String) throws(StorageError) {
    try transaction.connection.run(
      "DELETE FROM born_bills WHERE service = $1 AND remote_id = $2", .text(mirror.rawValue),
      .text(remoteID))
  }

  /// Enters a bill as a row of a mirror asks for it, and puts it before an approver; one that was made
  /// of the row before becomes what the row says now, as far as it may still change.
  ///
  /// A draft that cannot be submitted stays, for somebody to see to it here.
  ///
  /// - Parameter fields: what the row holds, as JSON.
  /// - Returns: why it was not submitted; nil when it was, or stands as the row says already.
  public func submit(
    _ draft: BillDraft, bornAt mirror: Service, _ remoteID: String, fields: String
  ) throws(StorageError) -> Refusal? {
    let writer = writer(for: mirror)
    let name = mirror.rawValue
    func submitted(_ id: LocalID) throws(StorageError) -> Refusal? {
      try writer.perform(BillRequest(.submit), on: id, by: name, date: nil)?.refusal
    }
    guard let known = try born(mirror, remoteID), let row = try writer.row(known.bill) else {
      let made = try writer.create(draft, by: name)
      if let refusal = made.refusal { return refusal }
      try keep(mirror, remoteID, made.localID, fields)
      return try submitted(made.localID)
    }
    // What was approved leaves as it is; the row's edit is merged once it is the bill's mirror.
    if row.approval == .approved || (known.fields == fields && row.approval != .draft) {
      return nil
    }
    if row.facts.editedBy != name {
      return Refusal(
        "taken_over",
        "\(row.facts.editedBy ?? "Somebody") edited the bill in Rentbook, so the row's change is not "
          + "taken.", hint: "Change the bill there.")
    }
    if let hold = row.facts.hold { return BillRefusal.held(hold).refusal }
    switch row.approval {
    case .approved: return nil
    case .voided:
      return Refusal(
        "voided", "The bill was voided in Rentbook and stays so.",
        hint: "Enter what is owed in a row of its own.")
    case .pendingApproval, .rejected:
      let action: BillAction = row.approval == .rejected ? .reopen : .recall
      if let refusal = try writer.perform(
        BillRequest(action), on: known.bill, by: name, date: nil)?.refusal
      {
        return refusal
      }
    case .draft: break
    }
    if let refusal = try writer.edit(known.bill, to: draft, expected: nil, by: name)?.refusal {
      return refusal
    }
    try keep(mirror, remoteID, known.bill, fields)
    return try submitted(known.bill)
  }

  /// A row asks for what cannot be: its bill is not decided on as it was meanwhile.
  public func suspend(bornAt mirror: Service, _ remoteID: String) throws(StorageError) {
    guard let known = try born(mirror, remoteID) else { return }
    try recall(known.bill, writer(for: mirror), mirror)
  }

  /// Takes back what waits and is the row's alone.
  private func recall(_ bill: LocalID, _ writer: BillWriter, _ mirror: Service)
    throws(StorageError)
  {
    let name = mirror.rawValue
    guard let row = try writer.row(bill), row.approval == .pendingApproval,
      row.facts.editedBy == name, row.facts.submittedBy == name, row.facts.hold == nil
    else { return }
    _ = try writer.perform(BillRequest(.recall), on: bill, by: name, date: nil)
  }

  /// A row does not ask any more, or is gone: what waits on its behalf is taken back. What a person
  /// here decided or changed stays.
  public func withdraw(bornAt mirror: Service, _ remoteID: String, isGone: Bool)
    throws(StorageError)
  {
    guard let known = try born(mirror, remoteID) else { return }
    let (writer, name) = (writer(for: mirror), mirror.rawValue)
    let isLeaving = try writer.row(known.bill)?.approval == .approved
    try recall(known.bill, writer, mirror)
    if let row = try writer.row(known.bill), row.approval == .draft, row.facts.editedBy == name {
      _ = try writer.perform(BillRequest(.delete), on: known.bill, by: name, date: nil)
    }
    // The row of a bill that is about to leave becomes its mirror, whether it asks or not.
    if !isLeaving || isGone { try forget(mirror, remoteID) }
  }

  /// The row a bill was made of, which is its mirror from now on; nil for a bill that was entered here.
  public func rowBecomesMirror(of bill: LocalID, at mirror: Service) throws(StorageError) -> (
    remoteID: String, fields: String
  )? {
    let known = try transaction.connection.row(
      "SELECT remote_id, fields FROM born_bills WHERE service = $1 AND bill_id = $2",
      .text(mirror.rawValue), .local(bill)
    ) { row throws(StorageError) in (remoteID: row.text(0), fields: row.text(1)) }
    if let known { try forget(mirror, known.remoteID) }
    return known
  }
}
