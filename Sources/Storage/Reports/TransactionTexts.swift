import Domain

/// What people read about a transaction, and where it comes from.
public struct TransactionText: Sendable, Hashable {
  /// Its id in the store.
  public var localID: String
  /// What it was for.
  public var memo: String?
  /// Who paid or was paid.
  public var payee: String?
  /// The number of the check, or the reference.
  public var reference: String?
  /// The record it comes from, as in `buildium/transactions/100011`; nil for one of Rentbook's own.
  public var recordKey: String?
}

extension Store {
  /// The texts of transactions, by Buildium's numbers or the store's ids; those that are not there
  /// are left out.
  public func transactionTexts(_ ids: Set<String>) throws(StorageError) -> [String: TransactionText]
  {
    try read { connection throws(StorageError) in
      var texts: [String: TransactionText] = [:]
      for id in ids {
        let isNumber = Int(id) != nil
        let text = try connection.row(
          """
          SELECT memo, payee_name, COALESCE(NULLIF(check_number, ''), reference_number),
            buildium_transaction_id, id
          FROM transactions WHERE \(isNumber ? "buildium_transaction_id" : "id") = $1
          """, isNumber ? Int(id).map { .int($0) } : .text(id)
        ) { row throws(StorageError) in
          TransactionText(
            localID: row.text(4),
            memo: row.optionalText(0), payee: row.optionalText(1), reference: row.optionalText(2),
            recordKey: row.optionalInt(3).map {
              RemoteKey(.buildium, .transactions, String($0)).description
            })
        }
        texts[id] = text
      }
      return texts
    }
  }
}
