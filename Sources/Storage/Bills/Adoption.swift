// Records of ours that Buildium has now: what comes from there under their numbers is theirs.
import Domain

extension SyncRecords {
  /// Notes that Buildium has a record of ours, and under which id: what comes from there under it is
  /// the one that is here.
  public func adopt(_ kind: LeavingRecord.Kind, _ id: LocalID, key: RemoteKey) throws(StorageError)
  {
    guard let number = Int(key.id) else {
      throw StorageError(.programming, "\(key) is no id of a record that was sent.")
    }
    switch kind {
    case .bill:
      try adopt(bill: id, buildiumID: number)
      try sync.agree(
        key, localID: id, base: "{}", hash: "", updatedAt: nil, run: 0, at: transaction.now)
    case .payment: try adopt(transaction: id, number)
    // The application stands; what Buildium makes of it comes with the next pull.
    case .credit: break
    case .deposit:
      try adopt(transaction: id, number)
      try transaction.connection.run(
        """
        UPDATE deposit_meta SET buildium_deposit_id = $2, buildium_sync_status = 'synced',
          buildium_sync_error = NULL, buildium_last_synced_at = $3, updated_at = $3
        WHERE transaction_id = $1
        """, .local(id), .int(number), .instant(transaction.now))
      transaction.note(.records(.deposits))
    }
  }

  private func adopt(transaction id: LocalID, _ number: Int) throws(StorageError) {
    try absorb(.transactions, "buildium_transaction_id", number, into: id)
    try transaction.connection.run(
      "UPDATE transactions SET buildium_transaction_id = $2, updated_at = $3 WHERE id = $1",
      .local(id), .int(number), .instant(transaction.now))
    try sync.agree(
      RemoteKey(.buildium, .transactions, String(number)), localID: id, base: "{}", hash: "",
      updatedAt: nil, run: 0, at: transaction.now)
    transaction.note(.records(.transactions))
  }

  /// Notes that Buildium has a bill of ours under a number. Its own entry of it is then taken for the
  /// one that is here, and not posted a second time.
  public func adopt(bill: LocalID, buildiumID: Int) throws(StorageError) {
    try absorb(.bills, "buildium_bill_id", buildiumID, into: bill)
    try transaction.connection.run(
      "UPDATE bills SET buildium_bill_id = $2, updated_at = $3 WHERE id = $1", .local(bill),
      .int(buildiumID), .instant(transaction.now))
    let entry = try transaction.connection.row(
      """
      SELECT id FROM transactions
      WHERE bill_id = $1 AND transaction_type = 'Bill' AND reversal_of IS NULL
        AND provider = 'rentbook' AND buildium_transaction_id IS NULL
      """, .local(bill)
    ) { row throws(StorageError) in row.localID(0) }
    guard let entry else { return }
    try absorb(.transactions, "buildium_transaction_id", buildiumID, into: entry)
    try transaction.connection.run(
      "UPDATE transactions SET buildium_transaction_id = $2, updated_at = $3 WHERE id = $1",
      .local(entry), .int(buildiumID), .instant(transaction.now))
    let key = RemoteKey(.buildium, .transactions, String(buildiumID))
    try sync.agree(
      key, localID: entry, base: "{}", hash: "", updatedAt: nil, run: 0, at: transaction.now)
    transaction.note(.records(.bills))
  }

  /// A copy of a record of ours that came from Buildium before its answer did is taken out: what is
  /// known of it there and at the mirror is known of ours. Its content comes with the next look.
  private func absorb(
    _ resource: Resource, _ column: String, _ number: Int, into ours: LocalID
  ) throws(StorageError) {
    let connection = transaction.connection
    let table = RecordSchema.of(resource).table
    let copy = try connection.row(
      "SELECT id FROM \(table) WHERE \(column) = $1 AND id <> $2", .int(number), .local(ours)
    ) { row throws(StorageError) in row.localID(0) }
    guard let copy else { return }
    for name in ["sync_state", "pair_state", "outbox"] {
      try connection.run(
        "DELETE FROM \(name) WHERE resource = $1 AND local_id = $2", .text(resource.rawValue),
        .local(ours))
      try connection.run(
        "UPDATE \(name) SET local_id = $3 WHERE resource = $1 AND local_id = $2",
        .text(resource.rawValue), .local(copy), .local(ours))
    }
    let now = SQLValue.instant(transaction.now)
    if resource == .bills {
      for name in ["transactions", "bill_payments"] {
        try connection.run(
          "UPDATE \(name) SET bill_id = $2 WHERE bill_id = $1", .local(copy), .local(ours))
      }
    } else {
      try connection.run(
        """
        UPDATE transactions SET posting_state = 'unposted', provider_transaction_id = 'copy:' || id
        WHERE id = $1
        """, .local(copy))
      try connection.run(
        "UPDATE deposit_meta SET buildium_deposit_id = NULL WHERE transaction_id = $1",
        .local(copy))
    }
    // What was made of the copy is made again of ours.
    let condition = resource == .bills ? "bill_id" : "source_transaction_id"
    try connection.run(
      "DELETE FROM bill_applications WHERE \(condition) = $1", .local(copy))
    try connection.run(
      """
      INSERT INTO bill_intake (resource, local_id)
      SELECT 'bill_payments', id FROM bill_payments WHERE bill_id = $1 OR buildium_payment_id = $2
      ON CONFLICT (resource, local_id) DO NOTHING
      """, .local(ours), .int(number))
    try connection.run(
      "UPDATE \(table) SET \(column) = NULL, deleted_at = $2, updated_at = $2 WHERE id = $1",
      .local(copy), now)
    transaction.note(.records(resource))
  }
}
