import Domain

/// Rent as the owners' base records it: one row per tenant payment, made from the payment's
/// transaction (requirement C3).
enum RentPayments {
  /// An account by what its money means for a tenant's payment.
  enum Purpose: String, Sendable, CaseIterable {
    case rent = "Rent"
    case partialRent = "Partial Rent"
    case lateFee = "Late Fee"
    case deposit = "Deposit"
    case prepayment = "Prepayment"
    case other = "Other"
  }

  /// What the account of a line tells.
  struct Account: Sendable, Hashable {
    var name: String
    /// Buildium's own name for an account it made itself; stays when the account is renamed.
    var defaultName: String
    var type: String

    init(name: String, defaultName: String, type: String) {
      (self.name, self.defaultName, self.type) = (name, defaultName, type)
    }

    /// What a record of a GL account tells.
    init(_ record: Record) {
      self.init(
        name: record["name"].text ?? "", defaultName: record["default_account_name"].text ?? "",
        type: record["type"].text ?? "")
    }
  }

  /// Whether a transaction is a tenant's payment: of the type Payment and on a lease.
  static func isPayment(_ transaction: Record) -> Bool {
    transaction["transaction_type"].text == "Payment" && !transaction["lease_id"].isNull
  }

  /// The row for a payment; nil when the transaction is none.
  ///
  /// - Parameters:
  ///   - tenant: the tenant's name by the lease, for a payment without a payee.
  ///   - rentInMonth: the rent paid on the lease in the payment's month, this payment included.
  ///   - rentDue: the lease's monthly rent; nil when it is not known.
  static func row(
    for transaction: Record, key: RemoteKey, tenant: String?, accounts: [RemoteKey: Account],
    rentInMonth: Money, rentDue: Money?
  ) -> RemoteRecord? {
    guard isPayment(transaction) else { return nil }
    let lines = postings(transaction)
    let units = Set(lines.flatMap { $0["unit_id"]?.links ?? [] })
    let properties = Set(lines.flatMap { $0["property_id"]?.links ?? [] })
    func ownOrOnly(_ name: String, _ ofLines: Set<RemoteKey>) -> FieldValue {
      if !transaction[name].isNull { return transaction[name] }
      return ofLines.count == 1 ? ofLines.first.map { .reference($0) } ?? .null : .null
    }
    let isPartial = rentDue.map { rentInMonth < $0 } ?? false
    return RemoteRecord(
      key: RemoteKey(key.service, .rentPayments, key.id),
      record: Record(
        .rentPayments,
        [
          "transaction_id": .reference(key), "date": transaction["date"],
          "amount": .money((transaction["total_amount"].money ?? .zero).magnitude),
          "lease_id": transaction["lease_id"], "unit_id": ownOrOnly("unit_id", units),
          "property_id": ownOrOnly("property_id", properties),
          "tenant_name": .text(canonical: transaction["payee_name"].text ?? tenant),
          "payment_method": transaction["payment_method"],
          "kind": .text(kind(lines, accounts: accounts, isPartialRent: isPartial)),
        ]))
  }

  /// How much of a payment is rent.
  static func rent(in transaction: Record, accounts: [RemoteKey: Account]) -> Money {
    postings(transaction).reduce(.zero) { sum, line in
      guard purpose(line, accounts) == .rent else { return sum }
      return sum + amount(line).magnitude
    }
  }

  /// The purposes of the lines in a fixed order, joined by ` + `: `Rent + Late Fee`.
  private static func kind(
    _ lines: [FieldValues], accounts: [RemoteKey: Account], isPartialRent: Bool
  ) -> String {
    var purposes = Set(lines.compactMap { purpose($0, accounts) })
    if isPartialRent, purposes.remove(.rent) != nil { purposes.insert(.partialRent) }
    if purposes.isEmpty { purposes = [.other] }
    return Purpose.allCases.filter(purposes.contains).map(\.rawValue).joined(separator: " + ")
  }

  /// The lines as Buildium gave them, without those of nothing.
  private static func postings(_ transaction: Record) -> [FieldValues] {
    transaction.lines.filter { $0["is_derived"]?.boolean != true && amount($0) != .zero }
  }

  private static func amount(_ line: FieldValues) -> Money {
    line["source_amount"]?.money ?? line["amount"]?.money ?? .zero
  }

  /// What a line is for; nil for the legs in cash and receivables, which say only how it was paid.
  private static func purpose(
    _ line: FieldValues, _ accounts: [RemoteKey: Account]
  ) -> Purpose? {
    guard let key = line["gl_account_id"]?.reference, let account = accounts[key] else {
      return .other
    }
    return purpose(of: account)
  }

  /// What money on the account of a record is for; ``Purpose/other`` when there is none.
  static func purpose(of record: Record?) -> Purpose? {
    record.map { purpose(of: Account($0)) } ?? .other
  }

  private static func purpose(of account: Account) -> Purpose? {
    let names = [account.defaultName.lowercased(), account.name.lowercased()]
    func named(_ word: String) -> Bool { names.contains { $0.contains(word) } }
    switch account.type {
    case "Asset": return nil
    case "Liability":
      if named("deposit") { return .deposit }
      return named("prepa") ? .prepayment : .other
    case "Income":
      if named("late") && named("fee") { return .lateFee }
      return names.contains { $0 == "rent" || $0.hasPrefix("rent ") || $0.hasSuffix(" rent") }
        ? .rent : .other
    default: return .other
    }
  }
}
