// What people write down about bills, and what they say of the things Buildium has to be told.
import Domain

extension Store {
  /// Adds a comment to a bill's trail; it changes nothing of the bill.
  ///
  /// - Returns: why it may not be; nil when it stands there.
  public func comment(on bill: String, _ text: String, by name: String) throws(StorageError)
    -> Refusal?
  {
    try write { transaction throws(StorageError) in
      let writer = BillWriter(transaction: transaction)
      guard let row = try writer.row(bill) else {
        return Refusal("not_there", "The bill is not there any more.")
      }
      let actor = try Access(connection: transaction.connection).actor(name)
      let refusal: Refusal? =
        if let refusal = actor.refusal(of: .annotate) {
          refusal.refusal
        } else if text.allSatisfy(\.isWhitespace) {
          Refusal("comment_missing", "There is nothing to write down.")
        } else { nil }
      try writer.audit.append(
        AuditTrail.Entry(
          subject: bill, name: row.name, actor: name, action: "comment",
          from: row.approval.rawValue, to: nil, reason: refusal == nil ? text : nil,
          details: refusal.map {
            ["refused": .string($0.code), "message": .string($0.message)]
          }))
      if refusal == nil { transaction.note(.records(.bills)) }
      return refusal
    }
  }

  /// Notes that Buildium was told by hand, or that it need not be.
  ///
  /// - Parameter isTold: false when a person decides that it need not be.
  /// - Returns: why it may not be; nil when it is noted.
  public func settleReconcilingItem(_ id: String, isTold: Bool, by name: String)
    throws(StorageError) -> Refusal?
  {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let known = try connection.row(
        "SELECT subject, state, message FROM reconciling_items WHERE id = $1", .text(id)
      ) { row throws(StorageError) in (subject: row.text(0), state: row.text(1), text: row.text(2))
      }
      let actor = try Access(connection: connection).actor(name)
      let state = isTold ? "told" : "dismissed"
      let refusal: Refusal? =
        if actor.role?.keepsBooks != true {
          actor.role.map { DepositRefusal.roleMayNot($0).refusal }
            ?? BillRefusal.unknownUser(name).refusal
        } else if known == nil {
          Refusal("not_there", "There is no such thing to be told.")
        } else if known?.state != "pending" {
          Refusal("settled", "It was \(known?.state ?? "") already.")
        } else { nil }
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "reconciling", subject: known?.subject ?? id, name: id, actor: name, action: state,
          from: known?.state, to: refusal == nil ? state : nil, reason: known?.text,
          details: refusal.map { ["refused": .string($0.code)] }))
      if let refusal { return refusal }
      try connection.run(
        """
        UPDATE reconciling_items SET state = $2, settled_by = $3, settled_at = $4 WHERE id = $1
        """, .text(id), .text(state), .text(name), .instant(transaction.now))
      transaction.note(.records(.bills))
      return nil
    }
  }
}
